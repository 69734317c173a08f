/** Lets administrators of the platform in: signs nobody else in, and says who may help. */
import { Trans, useLingui } from "@lingui/react/macro";
import { ensureSession } from "@parlance/api";
import { buttonClass, EmptyState, Spinner } from "@parlance/ui";
import { ShieldX } from "lucide-react";
import { useEffect, useState, type ReactNode } from "react";
import { useSessionState } from "@/features/session/use-session";
import { currentHref } from "@/lib/navigation";

export function AdminGate({ children }: { children: ReactNode }) {
  const { t } = useLingui();
  const { status, session } = useSessionState();
  const [failure, setFailure] = useState<{ error: unknown } | null>(null);

  useEffect(() => {
    if (status === "unknown") ensureSession().catch((error: unknown) => setFailure({ error }));
    if (status === "signed_out" || status === "expired") {
      location.replace(`/login?next=${encodeURIComponent(currentHref())}`);
    }
  }, [status]);

  if (failure && !session) throw failure.error;
  if (!session) {
    return (
      <div className="grid min-h-dvh place-items-center text-muted">
        <Spinner className="size-6" label={t`Loading`} />
      </div>
    );
  }
  if (session.user.platform_admin && !session.impersonation) return children;
  return (
    <main className="grid min-h-dvh place-items-center">
      <EmptyState
        icon={<ShieldX size={20} />}
        title={t`For administrators of this installation`}
        action={
          <a href="/" className={buttonClass("primary")}>
            <Trans>Back to the chat</Trans>
          </a>
        }
      >
        <Trans>
          You are signed in as {session.user.email}, who is not one of them. An administrator can
          make you one.
        </Trans>
      </EmptyState>
    </main>
  );
}
