import { Trans, useLingui } from "@lingui/react/macro";
import { ApiError, getSession } from "@parlance/api";
import { Button, EmptyState } from "@parlance/ui";
import { PauseCircle } from "lucide-react";
import { useState } from "react";
import { enterWorkspace, signOut } from "@/features/session/actions";
import { useSession } from "@/features/session/use-session";
import { navigate } from "@/lib/navigation";
import { useDocumentTitle } from "@/lib/use-document-title";

/** Its owners are told why, in the administrators' words. */
function reasonOf(error: unknown): string | null {
  const detail = error instanceof ApiError ? error.detail : "";
  return /suspended this workspace: (.+)$/s.exec(detail)?.[1] ?? null;
}

/** Stands in place of a workspace that administrators of the installation have closed for now. */
export default function SuspendedPage({ error, onLeave }: { error: unknown; onLeave: () => void }) {
  const { t } = useLingui();
  useDocumentTitle(t`Suspended`);
  const session = useSession();
  const [alone, setAlone] = useState(false);
  const [pending, setPending] = useState(false);
  const reason = reasonOf(error);
  const name = session?.workspace.name ?? "";
  const leave = async () => {
    setPending(true);
    const before = session?.workspace.id;
    let elsewhere = false;
    await enterWorkspace(null, async () => {
      elsewhere = getSession().session?.workspace.id !== before;
      if (elsewhere) await navigate({ to: "/", replace: true });
    });
    setPending(false);
    if (elsewhere) onLeave();
    else setAlone(true);
  };
  return (
    <main className="grid min-h-dvh place-items-center">
      <EmptyState
        icon={<PauseCircle size={20} />}
        title={t`${name} is suspended`}
        action={
          <div className="flex flex-wrap justify-center gap-2">
            <Button onClick={() => location.reload()}>
              <Trans>Look again</Trans>
            </Button>
            {!alone && (
              <Button variant="primary" pending={pending} onClick={() => void leave()}>
                <Trans>Go to another workspace</Trans>
              </Button>
            )}
            <Button variant="ghost" onClick={() => void signOut()}>
              <Trans>Log out</Trans>
            </Button>
          </div>
        }
      >
        {reason ? (
          <>
            <Trans>
              The administrators of this installation have closed it for now. They write:
            </Trans>
            <span className="mt-2 block font-medium break-words text-fg">{reason}</span>
          </>
        ) : (
          <Trans>
            The administrators of this installation have closed it for now. Its owners can see why.
            Nothing in it is lost.
          </Trans>
        )}
      </EmptyState>
    </main>
  );
}
