/** Names and marks of identity providers. The marks are the providers' own and keep their colours. */
import { Building2 } from "lucide-react";
import type { ReactNode } from "react";

const NAMES: Record<string, string> = { google: "Google", github: "GitHub" };

export function providerName(provider: string): string {
  return NAMES[provider] ?? provider;
}

export function ProviderMark({ provider }: { provider: string }): ReactNode {
  if (provider === "google")
    return (
      <svg viewBox="0 0 24 24" width="18" height="18" aria-hidden>
        <path
          fill="#4285f4"
          d="M23.5 12.3c0-.8-.1-1.6-.2-2.3H12v4.5h6.5a5.5 5.5 0 0 1-2.4 3.6v3h3.9c2.2-2.1 3.5-5.1 3.5-8.8Z"
        />
        <path
          fill="#34a853"
          d="M12 24c3.2 0 6-1.1 8-2.9l-3.9-3c-1.1.7-2.5 1.1-4.1 1.1-3.1 0-5.8-2.1-6.7-5H1.2v3.1A12 12 0 0 0 12 24Z"
        />
        <path
          fill="#fbbc05"
          d="M5.3 14.2a7.2 7.2 0 0 1 0-4.5V6.6H1.2a12 12 0 0 0 0 10.7l4.1-3.1Z"
        />
        <path
          fill="#ea4335"
          d="M12 4.8c1.8 0 3.3.6 4.6 1.8L20 3.1A12 12 0 0 0 1.2 6.6l4.1 3.1c.9-2.8 3.6-4.9 6.7-4.9Z"
        />
      </svg>
    );
  if (provider === "github")
    return (
      <svg viewBox="0 0 24 24" width="18" height="18" fill="currentColor" aria-hidden>
        <path d="M12 .5a12 12 0 0 0-3.8 23.4c.6.1.8-.3.8-.6v-2c-3.3.7-4-1.6-4-1.6-.6-1.4-1.4-1.8-1.4-1.8-1-.7.1-.7.1-.7 1.2 0 1.9 1.2 1.9 1.2 1 1.8 2.8 1.3 3.5 1 0-.8.4-1.3.7-1.6-2.7-.3-5.5-1.3-5.5-6 0-1.2.5-2.3 1.3-3.1-.2-.4-.6-1.6 0-3.2 0 0 1-.3 3.4 1.2a11.5 11.5 0 0 1 6 0c2.3-1.5 3.3-1.2 3.3-1.2.6 1.6.2 2.8 0 3.2.9.8 1.3 1.9 1.3 3.2 0 4.6-2.8 5.6-5.5 5.9.5.4.9 1 .9 2.2v3.3c0 .3.1.7.8.6A12 12 0 0 0 12 .5Z" />
      </svg>
    );
  return <Building2 size={18} aria-hidden />;
}
