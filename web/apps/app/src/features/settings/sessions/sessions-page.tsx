import { Trans, useLingui } from "@lingui/react/macro";
import { revokeOtherSessions, revokeSession, type SessionInfo } from "@parlance/api";
import { formatDate, formatDateTime, formatRelative } from "@parlance/i18n";
import { Badge, Button, Skeleton, toast } from "@parlance/ui";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { Laptop, Smartphone } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { toastError } from "@/lib/errors";
import { LoadError } from "@/lib/load-error";
import { Panel, Section, SettingsPage } from "../section";
import { sessionKeys, sessionsQuery } from "./queries";
import { readUserAgent } from "./user-agent.logic";

const ConfirmDialog = lazy(() => import("@/lib/confirm-dialog"));

export default function SessionsPage() {
  const { t } = useLingui();
  const queries = useQueryClient();
  const [confirming, setConfirming] = useState(false);
  const { data, error, isPending, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } =
    useInfiniteQuery(sessionsQuery());
  const sessions = data?.pages.flatMap((page) => page.data) ?? [];
  const renew = () => queries.invalidateQueries({ queryKey: sessionKeys.all });
  const revokeOthers = useMutation({
    mutationFn: () => revokeOtherSessions(),
    onSuccess: () => {
      setConfirming(false);
      toast.success(t`Other sessions signed out`);
      return renew();
    },
    onError: toastError,
  });
  const others = sessions.filter((session) => !session.current).length;

  return (
    <SettingsPage
      title={t`Sessions`}
      intro={t`Where you are signed in. Revoke what you don't recognise.`}
    >
      <Section
        title={t`Signed in`}
        action={
          others > 0 && (
            <Button size="sm" onClick={() => setConfirming(true)}>
              <Trans>Sign out all others</Trans>
            </Button>
          )
        }
      >
        <Panel>
          {error ? (
            <LoadError error={error} onRetry={() => void refetch()} />
          ) : (
            <ul aria-busy={isPending} className="divide-y divide-line">
              {isPending
                ? [0, 1, 2].map((row) => <RowSkeleton key={row} />)
                : sessions.map((session) => (
                    <SessionRow key={session.id} session={session} onRevoked={renew} />
                  ))}
            </ul>
          )}
        </Panel>
        {hasNextPage && (
          <Button
            className="mt-4"
            pending={isFetchingNextPage}
            onClick={() => void fetchNextPage()}
          >
            <Trans>Show more</Trans>
          </Button>
        )}
      </Section>
      {confirming && (
        <Suspense fallback={null}>
          <ConfirmDialog
            title={t`Sign out all other sessions?`}
            confirmLabel={t`Sign out`}
            pending={revokeOthers.isPending}
            onConfirm={() => revokeOthers.mutate()}
            onClose={() => setConfirming(false)}
          >
            <Trans>Every browser but this one has to log in again.</Trans>
          </ConfirmDialog>
        </Suspense>
      )}
    </SettingsPage>
  );
}

function SessionRow({ session, onRevoked }: { session: SessionInfo; onRevoked: () => void }) {
  const { t } = useLingui();
  const { browser, system, mobile } = readUserAgent(session.user_agent);
  const name = [browser, system].filter(Boolean).join(", ") || t`Unknown device`;
  const Icon = mobile ? Smartphone : Laptop;
  const revoke = useMutation({
    mutationFn: () => revokeSession({ path: { id: session.id } }),
    onSuccess: () => {
      toast.success(t`Session signed out`);
      onRevoked();
    },
    onError: toastError,
  });
  const seen = formatRelative(session.last_used_at);
  const since = formatDate(session.created_at);
  return (
    <li className="flex items-center gap-4 px-4 py-3.5">
      <span
        aria-hidden
        className="grid size-9 shrink-0 place-items-center rounded-md bg-active text-muted"
      >
        <Icon size={18} />
      </span>
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-center gap-x-2 gap-y-1 text-sm font-medium">
          <span className="truncate" title={session.user_agent ?? undefined}>
            {name}
          </span>
          {session.impersonation_reason !== null && (
            <Badge tone="warning">
              <Trans>An administrator</Trans>
            </Badge>
          )}
          {session.current && (
            <Badge tone="accent">
              <Trans>This one</Trans>
            </Badge>
          )}
        </p>
        {session.impersonation_reason && (
          <p className="mt-0.5 text-[0.8125rem] break-words text-muted">
            <Trans>
              An administrator of this installation acts as you: {session.impersonation_reason}
            </Trans>
          </p>
        )}
        <p className="mt-0.5 text-[0.8125rem] text-subtle">
          {session.ip && <span>{session.ip} · </span>}
          <span title={formatDateTime(session.last_used_at)}>
            <Trans>last used {seen}</Trans>
          </span>
          <span className="max-sm:hidden">
            {" · "}
            <Trans>since {since}</Trans>
          </span>
        </p>
      </div>
      {!session.current && (
        <Button
          size="sm"
          variant="danger-ghost"
          pending={revoke.isPending}
          aria-label={t`Sign out ${name}`}
          onClick={() => revoke.mutate()}
        >
          <Trans>Sign out</Trans>
        </Button>
      )}
    </li>
  );
}

function RowSkeleton() {
  return (
    <li className="flex items-center gap-4 px-4 py-3.5">
      <Skeleton className="size-9" />
      <div className="flex-1 space-y-2">
        <Skeleton className="h-4 w-40" />
        <Skeleton className="h-3 w-56" />
      </div>
    </li>
  );
}
