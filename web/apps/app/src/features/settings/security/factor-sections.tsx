/** How a person signs in besides by the password: an authenticator app, passkeys, recovery codes. */
import { Trans, useLingui } from "@lingui/react/macro";
import { removeTotp, renewRecoveryCodes } from "@parlance/api";
import { formatDate } from "@parlance/i18n";
import { Badge, Button, Skeleton, toast } from "@parlance/ui";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { toastError } from "@/lib/errors";
import { LoadError } from "@/lib/load-error";
import { Panel, Section } from "../section";
import { PasskeysSection } from "./passkeys-section";
import { factorKeys, factorsQuery } from "./queries";
import { withAccountWords } from "./words";

const ConfirmDialog = lazy(() => import("@/lib/confirm-dialog"));
const CodesDialog = lazy(() => import("./codes-dialog"));
const TotpDialog = lazy(() => withAccountWords(import("./totp-dialog")));

/** Few enough to think of new ones. */
const FEW = 3;

export function FactorSections() {
  const { t } = useLingui();
  const queries = useQueryClient();
  const { data, error, refetch } = useQuery(factorsQuery());
  const [open, setOpen] = useState<"set_up" | "remove" | "renew" | null>(null);
  const [codes, setCodes] = useState<string[] | null>(null);
  const renew = () => queries.invalidateQueries({ queryKey: factorKeys.all });
  const close = () => setOpen(null);
  const removal = useMutation({
    mutationFn: () => removeTotp(),
    onSuccess: () => {
      close();
      toast.success(t`Authenticator app removed`);
      return renew();
    },
    onError: toastError,
  });
  const renewal = useMutation({
    mutationFn: () => renewRecoveryCodes(),
    onSuccess: ({ recovery_codes }) => {
      close();
      setCodes(recovery_codes);
      return renew();
    },
    onError: toastError,
  });
  const since = data?.totp_since ? formatDate(data.totp_since) : null;
  const has = data !== undefined && (since !== null || data.passkeys > 0);
  const left = data?.recovery_codes ?? 0;

  return (
    <>
      <Section
        title={t`Two-step sign-in`}
        description={t`After your password, a code from an app on your phone. Whoever learns your password alone stays out.`}
      >
        <Panel>
          {error ? (
            <LoadError error={error} onRetry={() => void refetch()} />
          ) : (
            <ul aria-busy={!data} className="divide-y divide-line">
              <li className="flex flex-wrap items-center gap-x-4 gap-y-3 px-4 py-3.5">
                <div className="min-w-0 flex-1">
                  <p className="flex flex-wrap items-center gap-2 text-sm font-medium">
                    <Trans>Authenticator app</Trans>
                    {since && (
                      <Badge tone="accent">
                        <Trans>On</Trans>
                      </Badge>
                    )}
                  </p>
                  <p className="mt-0.5 text-[0.8125rem] text-subtle">
                    {!data ? (
                      <Skeleton className="h-3 w-40" />
                    ) : since ? (
                      <Trans>since {since}</Trans>
                    ) : (
                      <Trans>Any app that makes six-digit codes.</Trans>
                    )}
                  </p>
                </div>
                {data &&
                  (since ? (
                    <Button size="sm" variant="danger-ghost" onClick={() => setOpen("remove")}>
                      <Trans>Turn off</Trans>
                    </Button>
                  ) : (
                    <Button size="sm" onClick={() => setOpen("set_up")}>
                      <Trans>Set up</Trans>
                    </Button>
                  ))}
              </li>
              {has && (
                <li className="flex flex-wrap items-center gap-x-4 gap-y-3 px-4 py-3.5">
                  <div className="min-w-0 flex-1">
                    <p className="flex flex-wrap items-center gap-2 text-sm font-medium">
                      <Trans>Recovery codes</Trans>
                      {left <= FEW && (
                        <Badge tone="warning">
                          <Trans>{left} left</Trans>
                        </Badge>
                      )}
                    </p>
                    <p className="mt-0.5 text-[0.8125rem] text-subtle">
                      <Trans>The way in if you lose your phone: {left} of 10 are unused.</Trans>
                    </p>
                  </div>
                  <Button size="sm" onClick={() => setOpen("renew")}>
                    <Trans>Make new ones</Trans>
                  </Button>
                </li>
              )}
            </ul>
          )}
        </Panel>
      </Section>
      {data?.passkeys_available && <PasskeysSection onCodes={setCodes} />}
      <Suspense fallback={null}>
        {open === "set_up" && (
          <TotpDialog
            onClose={close}
            onDone={(made) => {
              close();
              setCodes(made);
              toast.success(t`Two-step sign-in is on`);
              void renew();
            }}
          />
        )}
        {open === "remove" && (
          <ConfirmDialog
            title={t`Turn the authenticator app off?`}
            confirmLabel={t`Turn off`}
            pending={removal.isPending}
            onConfirm={() => removal.mutate()}
            onClose={close}
          >
            {data && data.passkeys > 0 ? (
              <Trans>After your password you will be asked for a passkey.</Trans>
            ) : (
              <Trans>
                Your password alone will be enough to log in, and your recovery codes end.
              </Trans>
            )}
          </ConfirmDialog>
        )}
        {open === "renew" && (
          <ConfirmDialog
            title={t`Make new recovery codes?`}
            confirmLabel={t`Make new ones`}
            pending={renewal.isPending}
            onConfirm={() => renewal.mutate()}
            onClose={close}
          >
            <Trans>Those that you have saved before stop working.</Trans>
          </ConfirmDialog>
        )}
        {codes && <CodesDialog codes={codes} onClose={() => setCodes(null)} />}
      </Suspense>
    </>
  );
}
