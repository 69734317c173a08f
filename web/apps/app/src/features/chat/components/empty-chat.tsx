import { Trans, useLingui } from "@lingui/react/macro";
import { Code2, Lightbulb, PenLine, Table2 } from "lucide-react";
import type { ReactNode } from "react";
import { useSession } from "@/features/session/use-session";

/** A chat that has not begun: a greeting, the composer, and some ways to begin. */
export function EmptyChat({
  composer,
  onSuggest,
}: {
  composer: ReactNode;
  onSuggest: (text: string) => void;
}) {
  const { t } = useLingui();
  const name = useSession()?.user.name.trim().split(/\s+/)[0] ?? "";
  const suggestions = [
    {
      icon: <PenLine size={16} />,
      label: t`Draft a message`,
      text: t`Draft a short, friendly message that moves our meeting to Thursday afternoon.`,
    },
    {
      icon: <Code2 size={16} />,
      label: t`Explain some code`,
      text: t`Write a function in TypeScript that groups a list by a key, and explain how it works.`,
    },
    {
      icon: <Table2 size={16} />,
      label: t`Compare in a table`,
      text: t`Compare SQLite and PostgreSQL for a small team in a table.`,
    },
    {
      icon: <Lightbulb size={16} />,
      label: t`Think it through`,
      text: t`Help me think through the pros and cons of a four-day week.`,
    },
  ];
  return (
    <div className="flex min-h-0 flex-1 flex-col overflow-y-auto">
      <div className="mx-auto flex w-full max-w-3xl flex-1 flex-col justify-end px-4 pb-4 sm:flex-none sm:justify-start sm:px-6 sm:pt-[max(2rem,18vh)]">
        <h1 className="mb-7 text-center font-display text-[1.75rem] leading-tight text-balance sm:text-[2.1rem]">
          {name === "" ? (
            <Trans>What can I help with?</Trans>
          ) : (
            <Trans>What can I help with, {name}?</Trans>
          )}
        </h1>
        <ul className="order-last mt-4 flex flex-wrap justify-center gap-2 max-sm:order-none max-sm:mb-4 max-sm:mt-0">
          {suggestions.map(({ icon, label, text }) => (
            <li key={label}>
              <button
                type="button"
                onClick={() => onSuggest(text)}
                className="flex h-9 items-center gap-2 rounded-full border border-line bg-surface px-3.5 text-[0.8125rem] text-muted transition-colors hover:border-line-strong hover:text-fg touch:h-11"
              >
                <span aria-hidden>{icon}</span>
                {label}
              </button>
            </li>
          ))}
        </ul>
        {composer}
      </div>
    </div>
  );
}
