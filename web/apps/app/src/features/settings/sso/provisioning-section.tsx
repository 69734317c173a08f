import { Trans, useLingui } from "@lingui/react/macro";
import { createScimToken, deleteScim } from "@parlance/api";
import { formatDate } from "@parlance/i18n";
import { Button, Notice, Skeleton, toast } from "@parlance/ui";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { toastError } from "@/lib/errors";
import { LoadError } from "@/lib/load-error";
import { Panel, Section } from "../section";
import { scimQuery } from "./queries";
import { ShownText } from "./shown-text";

const ConfirmDialog = lazy(() => import("@/lib/confirm-dialog"));

/** How the workspace's directory keeps its members and groups: an address and a token. */
export function ProvisioningSection({ hasDomain }: { hasDomain: boolean }) {
  const { t } = useLingui();
  const queries = useQueryClient();
  const { data, error, refetch } = useQuery(scimQuery());
  const [secret, setSecret] = useState<string>();
  const [asking, setAsking] = useState<"replace" | "off">();
  const create = useMutation({
    mutationFn: () => createScimToken(),
    onSuccess: (made) => {
      setSecret(made.secret);
      queries.setQueryData(scimQuery().queryKey, made.settings);
    },
    onError: toastError,
    onSettled: () => setAsking(undefined),
  });
  const turnOff = useMutation({
    mutationFn: () => deleteScim(),
    onSuccess: () => {
      setSecret(undefined);
      toast.success(t`Provisioning is off`);
      return queries.invalidateQueries(scimQuery());
    },
    onError: toastError,
    onSettled: () => setAsking(undefined),
  });
  const token = data?.token ?? null;
  const prefix = token?.prefix ?? "";
  const since = token ? formatDate(token.created_at) : "";
  const used = token?.last_used_at ? formatDate(token.last_used_at) : null;
  return (
    <Section
      title={t`Provisioning`}
      description={t`Your directory (Okta, Entra ID and others) takes people on and lets them go by SCIM 2.0, and keeps the groups.`}
    >
      {error ? (
        <Panel>
          <LoadError error={error} onRetry={() => void refetch()} />
        </Panel>
      ) : !data ? (
        <div aria-busy className="max-w-xl space-y-4">
          <Skeleton className="h-9" />
          <Skeleton className="h-9 w-40" />
        </div>
      ) : (
        <div className="max-w-xl space-y-4">
          <ShownText
            name={t`Address`}
            text={data.base_url}
            button={t`Copy the address of provisioning`}
          />
          {secret !== undefined && (
            <Notice title={t`Copy the token now: it is shown only this once, never again.`}>
              <div className="mt-2">
                <ShownText name={t`Token`} text={secret} button={t`Copy the token`} />
              </div>
            </Notice>
          )}
          {token ? (
            <p className="text-sm text-muted">
              <Trans>
                The token <code className="text-[0.8125rem]">{prefix}…</code> was made on {since}.
              </Trans>{" "}
              {used === null ? (
                <Trans>It was not used yet.</Trans>
              ) : (
                <Trans>It was last used on {used}.</Trans>
              )}
            </p>
          ) : (
            <p className="text-sm text-muted">
              <Trans>Off: there is no token.</Trans>
            </p>
          )}
          {!hasDomain && (
            <p className="text-sm text-muted">
              <Trans>A directory can only speak for verified domains. Verify one above.</Trans>
            </p>
          )}
          <div className="flex flex-wrap gap-3">
            {token ? (
              <>
                <Button onClick={() => setAsking("replace")}>
                  <Trans>Replace the token</Trans>
                </Button>
                <Button variant="danger-ghost" onClick={() => setAsking("off")}>
                  <Trans>Turn off</Trans>
                </Button>
              </>
            ) : (
              <Button variant="primary" pending={create.isPending} onClick={() => create.mutate()}>
                <Trans>Create a token</Trans>
              </Button>
            )}
          </div>
        </div>
      )}
      {asking === "replace" && (
        <Suspense fallback={null}>
          <ConfirmDialog
            title={t`Replace the token?`}
            confirmLabel={t`Replace`}
            pending={create.isPending}
            onConfirm={() => create.mutate()}
            onClose={() => setAsking(undefined)}
          >
            <Trans>The directory is shut out until it has the new one.</Trans>
          </ConfirmDialog>
        </Suspense>
      )}
      {asking === "off" && (
        <Suspense fallback={null}>
          <ConfirmDialog
            title={t`Turn provisioning off?`}
            confirmLabel={t`Turn off`}
            pending={turnOff.isPending}
            onConfirm={() => turnOff.mutate()}
            onClose={() => setAsking(undefined)}
          >
            <Trans>
              Members and groups stay as they are. Whom the directory has let go can come in by
              single sign-on again, if the provider lets them.
            </Trans>
          </ConfirmDialog>
        </Suspense>
      )}
    </Section>
  );
}
