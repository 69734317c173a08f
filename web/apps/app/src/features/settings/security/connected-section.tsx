import { Trans, useLingui } from "@lingui/react/macro";
import {
  disconnectIdentity,
  isApiError,
  listIdentities,
  type ConnectedAccount,
} from "@parlance/api";
import { formatDate, formatDateTime, formatRelative } from "@parlance/i18n";
import { Button, Skeleton, toast } from "@parlance/ui";
import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { connectTo } from "@/features/federation/go";
import { ProviderMark } from "@/features/federation/names";
import { toastError } from "@/lib/errors";
import { ListPanel } from "../list-panel";
import { Section } from "../section";

const ConfirmDialog = lazy(() => import("@/lib/confirm-dialog"));

const identitiesQuery = () =>
  queryOptions({
    queryKey: ["identities"],
    queryFn: ({ signal }) => listIdentities({ signal }),
  });

/** The accounts elsewhere that the person signs in with. Absent where there are none to connect. */
export function ConnectedSection() {
  const { t } = useLingui();
  const { data, error, refetch } = useQuery(identitiesQuery());
  const connect = useMutation({
    mutationFn: (provider: string) => connectTo(provider, "/settings/security"),
    onError: toastError,
  });
  if (data && data.providers.length === 0 && data.data.length === 0) return null;
  const left = data?.providers.filter(
    ({ id }) => !data.data.some((account) => account.provider === id),
  );
  return (
    <Section
      title={t`Connected accounts`}
      description={t`Sign in with an account that you have elsewhere.`}
    >
      <ListPanel
        query={{ data: data?.data, error, refetch }}
        renderRow={(account) => <AccountRow key={account.id} account={account} />}
        waiting={<Skeleton className="h-9 w-56" />}
        empty={
          <p className="px-4 py-5 text-sm text-muted">
            <Trans>Nothing is connected yet.</Trans>
          </p>
        }
      />
      {left && left.length > 0 && (
        <div className="mt-4 flex flex-wrap gap-3">
          {left.map(({ id, name }) => (
            <Button
              key={id}
              pending={connect.isPending && connect.variables === id}
              disabled={connect.isPending}
              onClick={() => connect.mutate(id)}
            >
              <ProviderMark provider={id} />
              <Trans>Connect {name}</Trans>
            </Button>
          ))}
        </div>
      )}
      {data && !data.has_password && (
        <p className="mt-4 max-w-prose text-sm text-muted">
          <Trans>
            Your account has no password. To set one, log out and choose “Forgot your password?”.
          </Trans>
        </p>
      )}
    </Section>
  );
}

function AccountRow({ account }: { account: ConnectedAccount }) {
  const { t } = useLingui();
  const queries = useQueryClient();
  const [confirming, setConfirming] = useState(false);
  const name = account.provider_name;
  const disconnect = useMutation({
    mutationFn: () => disconnectIdentity({ path: { id: account.id } }),
    onSuccess: () => {
      toast.success(t`${name} disconnected`);
      return queries.invalidateQueries(identitiesQuery());
    },
    onError: (error) =>
      isApiError(error, "last_sign_in")
        ? toast.error(t`This is your only way to sign in.`, {
            description: t`Set a password or connect another account first.`,
          })
        : toastError(error),
    onSettled: () => setConfirming(false),
  });
  const since = formatDate(account.created_at);
  const used = formatRelative(account.last_used_at);
  return (
    <li className="flex items-center gap-4 px-4 py-3.5">
      <span
        aria-hidden
        className="grid size-9 shrink-0 place-items-center rounded-md bg-active text-muted"
      >
        <ProviderMark provider={account.provider} />
      </span>
      <div className="min-w-0 flex-1">
        <p className="truncate text-sm font-medium">{name}</p>
        <p className="mt-0.5 truncate text-[0.8125rem] text-subtle">
          {account.email && <span>{account.email} · </span>}
          <span title={formatDateTime(account.last_used_at)}>
            <Trans>last used {used}</Trans>
          </span>
          <span className="max-sm:hidden">
            {" · "}
            <Trans>since {since}</Trans>
          </span>
        </p>
      </div>
      <Button
        size="sm"
        variant="danger-ghost"
        aria-label={t`Disconnect ${name}`}
        onClick={() => setConfirming(true)}
      >
        <Trans>Disconnect</Trans>
      </Button>
      {confirming && (
        <Suspense fallback={null}>
          <ConfirmDialog
            title={t`Disconnect ${name}?`}
            confirmLabel={t`Disconnect`}
            pending={disconnect.isPending}
            onConfirm={() => disconnect.mutate()}
            onClose={() => setConfirming(false)}
          >
            <Trans>
              You can't sign in with {name} any more. Where you are signed in, you stay.
            </Trans>
          </ConfirmDialog>
        </Suspense>
      )}
    </li>
  );
}
