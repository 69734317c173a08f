/** Sets an authenticator app up: scan or type, then a first code. */
import { Trans, useLingui } from "@lingui/react/macro";
import { beginTotp, confirmTotp } from "@parlance/api";
import { Button, Notice, Skeleton } from "@parlance/ui";
import { Dialog } from "@parlance/ui/dialog";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { CodeForm } from "@/features/account/code-form";
import { CopyButton } from "@/lib/copy-button";
import { errorMessage } from "@/lib/errors";
import { inGroups, qrOf } from "./qr.logic";

export default function TotpDialog({
  onDone,
  onClose,
}: {
  /** With recovery codes, for whoever had none. */
  onDone: (codes: string[] | null) => void;
  onClose: () => void;
}) {
  const { t } = useLingui();
  const [problem, setProblem] = useState<string | null>(null);
  // Each opening makes a new secret, and keeps it while it is open.
  const { data, error, refetch } = useQuery({
    queryKey: ["totp"],
    queryFn: () => beginTotp(),
    staleTime: Infinity,
    gcTime: 0,
    retry: false,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
  const qr = data && qrOf(data.uri);
  return (
    <Dialog
      open
      strict
      onOpenChange={(open) => !open && onClose()}
      title={t`Set up an authenticator app`}
      description={
        <Trans>Scan the code with your app, then enter the six digits that it shows.</Trans>
      }
      closeLabel={t`Cancel`}
    >
      <div className="space-y-5 pb-3">
        {error ? (
          <Notice
            tone="danger"
            action={
              <Button size="sm" onClick={() => void refetch()}>
                <Trans>Try again</Trans>
              </Button>
            }
          >
            {errorMessage(error)}
          </Notice>
        ) : (
          <>
            <div aria-busy={!qr} className="grid place-items-center">
              {qr ? (
                <svg
                  role="img"
                  aria-label={t`QR code for your authenticator app`}
                  viewBox={`0 0 ${qr.size} ${qr.size}`}
                  shapeRendering="crispEdges"
                  className="size-48 rounded-lg border border-line"
                >
                  {/* Scanners want dark on light, in a dark interface too. */}
                  <rect width={qr.size} height={qr.size} fill="#fff" />
                  <path d={qr.path} fill="#000" />
                </svg>
              ) : (
                <Skeleton className="size-48 rounded-lg" />
              )}
            </div>
            <div>
              <p className="text-sm text-muted">
                <Trans>No camera at hand? Type this into the app:</Trans>
              </p>
              <div className="mt-1.5 flex min-h-10 items-center gap-1 rounded-md border border-line bg-surface ps-3 pe-1">
                <code className="min-w-0 flex-1 py-1.5 font-mono text-[0.8125rem] break-words">
                  {data ? inGroups(data.secret) : "…"}
                </code>
                {data && <CopyButton text={() => data.secret} label={t`Copy the secret`} />}
              </div>
            </div>
          </>
        )}
        {problem && <Notice tone="danger">{problem}</Notice>}
        {data && (
          <CodeForm
            kind="totp"
            label={t`Turn on`}
            onCode={async (code) => {
              setProblem(null);
              const { recovery_codes } = await confirmTotp({ body: { code } });
              onDone(recovery_codes);
            }}
            onFailure={(failure) => setProblem(errorMessage(failure))}
          />
        )}
      </div>
    </Dialog>
  );
}
