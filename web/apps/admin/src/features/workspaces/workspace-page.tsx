import { Trans, useLingui } from "@lingui/react/macro";
import {
  deletePlatformWorkspace,
  isApiError,
  restorePlatformWorkspace,
  resumePlatformWorkspace,
  setPlatformWorkspacePlan,
  suspendPlatformWorkspace,
  type Member,
  type PlatformWorkspace,
} from "@parlance/api";
import { formatCompact, formatDate, formatDateTime, formatNumber, formatUsd } from "@parlance/i18n";
import { Badge, Button, NativeSelect, Notice, Skeleton, toast } from "@parlance/ui";
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ArrowLeft } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { Link } from "wouter";
import { Panel, Section } from "@/features/settings/section";
import { toastError } from "@/lib/errors";
import { LoadError } from "@/lib/load-error";
import { Missing } from "../shell/missing";
import { cellClass, Facts, PageTitle, StatusBadge } from "../shell/page";
import { membersQuery, plansQuery, usageQuery, workspaceKeys, workspaceQuery } from "./queries";

const ConfirmDialog = lazy(() => import("@/lib/confirm-dialog"));
const ReasonDialog = lazy(() => import("../shell/reason-dialog"));

export default function WorkspacePage({ id }: { id: string }) {
  const { t } = useLingui();
  const { data: workspace, error, refetch } = useQuery(workspaceQuery(id));
  return (
    <>
      <Link
        href="/workspaces"
        className="mb-4 inline-flex items-center gap-1.5 rounded-sm text-sm text-muted hover:text-fg touch:min-h-11"
      >
        <ArrowLeft size={15} aria-hidden />
        <Trans>All workspaces</Trans>
      </Link>
      {isApiError(error, "not_found") || isApiError(error, "invalid_path") ? (
        <Missing />
      ) : error && !workspace ? (
        <LoadError error={error} onRetry={() => void refetch()} />
      ) : workspace ? (
        <Loaded workspace={workspace} />
      ) : (
        <div aria-busy aria-label={t`Loading`} className="space-y-6">
          <Skeleton className="h-9 w-64 max-w-full" />
          <Skeleton className="h-40 w-full" />
        </div>
      )}
    </>
  );
}

function Loaded({ workspace }: { workspace: PlatformWorkspace }) {
  const { t } = useLingui();
  const { id, owner, status } = workspace;
  return (
    <>
      <PageTitle title={workspace.name} action={<Actions workspace={workspace} />}>
        <StatusBadge status={status} />
        {workspace.personal && (
          <Badge>
            <Trans>Personal</Trans>
          </Badge>
        )}
      </PageTitle>
      <div className="space-y-10">
        {status === "suspended" && (
          <Notice
            tone="warning"
            title={t`Suspended since ${formatDateTime(workspace.suspended_at ?? "")}`}
          >
            {workspace.suspended_reason}
          </Notice>
        )}
        {status === "deleted" && workspace.purges_at && (
          <Notice tone="danger" title={t`Deleted`}>
            <Trans>Everything in it goes for good on {formatDate(workspace.purges_at)}.</Trans>
          </Notice>
        )}
        <Panel>
          <Facts
            facts={[
              {
                label: t`Owner`,
                value: owner ? (
                  <Link
                    href={`/users/${owner.id}`}
                    className="rounded-sm text-accent hover:underline"
                  >
                    {owner.email}
                  </Link>
                ) : (
                  t`Nobody`
                ),
              },
              { label: t`Members`, value: formatNumber(workspace.members) },
              { label: t`Made`, value: formatDateTime(workspace.created_at) },
              { label: t`Id`, value: <code className="font-mono text-[0.8125rem]">{id}</code> },
            ]}
          />
        </Panel>
        <Usage workspace={workspace} />
        <Members id={id} />
      </div>
    </>
  );
}

function Actions({ workspace }: { workspace: PlatformWorkspace }) {
  const { t } = useLingui();
  const queries = useQueryClient();
  const [asking, setAsking] = useState<"suspend" | "delete" | null>(null);
  const { id, name, status } = workspace;
  const path = { id };
  const done = (message: string) => {
    setAsking(null);
    toast.success(message);
    return queries.invalidateQueries({ queryKey: workspaceKeys.all });
  };
  const resume = useMutation({
    mutationFn: () => resumePlatformWorkspace({ path }),
    onSuccess: () => done(t`${name} is open again`),
    onError: toastError,
  });
  const restore = useMutation({
    mutationFn: () => restorePlatformWorkspace({ path }),
    onSuccess: () => done(t`${name} is back`),
    onError: toastError,
  });
  const remove = useMutation({
    mutationFn: () => deletePlatformWorkspace({ path }),
    onSuccess: () => done(t`${name} is deleted`),
    onError: (error) => {
      setAsking(null);
      toastError(error);
    },
  });
  return (
    <div className="flex flex-wrap gap-2">
      {status === "active" && (
        <Button onClick={() => setAsking("suspend")}>
          <Trans>Suspend</Trans>
        </Button>
      )}
      {status === "suspended" && (
        <Button variant="primary" pending={resume.isPending} onClick={() => resume.mutate()}>
          <Trans>Resume</Trans>
        </Button>
      )}
      {status === "deleted" ? (
        <Button variant="primary" pending={restore.isPending} onClick={() => restore.mutate()}>
          <Trans>Restore</Trans>
        </Button>
      ) : (
        <Button variant="danger-ghost" onClick={() => setAsking("delete")}>
          <Trans>Delete</Trans>
        </Button>
      )}
      <Suspense fallback={null}>
        {asking === "suspend" && (
          <ReasonDialog
            danger
            title={t`Suspend ${name}?`}
            hint={t`Its owners read this.`}
            submit={t`Suspend`}
            onSubmit={async (reason) => {
              await suspendPlatformWorkspace({ path, body: { reason } });
              await done(t`${name} is suspended`);
            }}
            onClose={() => setAsking(null)}
          >
            <Trans>
              It closes at once: members and API keys are refused, and answers under way end.
              Nothing is lost.
            </Trans>
          </ReasonDialog>
        )}
        {asking === "delete" && (
          <ConfirmDialog
            title={t`Delete ${name}?`}
            confirmLabel={t`Delete`}
            pending={remove.isPending}
            onConfirm={() => remove.mutate()}
            onClose={() => setAsking(null)}
          >
            <Trans>
              It closes at once. For two weeks it can be restored; then everything in it goes for
              good.
            </Trans>
          </ConfirmDialog>
        )}
      </Suspense>
    </div>
  );
}

function Usage({ workspace }: { workspace: PlatformWorkspace }) {
  const { t } = useLingui();
  const queries = useQueryClient();
  const { data: usage, error, refetch } = useQuery(usageQuery(workspace.id));
  const { data: plans } = useQuery(plansQuery());
  const setPlan = useMutation({
    mutationFn: (plan: string) =>
      setPlatformWorkspacePlan({ path: { id: workspace.id }, body: { plan } }),
    onSuccess: ({ plan }) => {
      toast.success(t`The plan is ${plan.name} now`);
      return queries.invalidateQueries({ queryKey: workspaceKeys.all });
    },
    onError: toastError,
  });
  const units = { messages: t`Messages`, tokens: t`Tokens`, usd: t`Dollars` };
  const periods = { day: t`a day`, month: t`a month`, total: t`in all` };
  const show = (unit: keyof typeof units, amount: string) =>
    unit === "usd" ? formatUsd(amount) : formatCompact(Number(amount));
  return (
    <Section
      title={t`Plan and use`}
      description={t`What it may use, and what it has used in this month.`}
      action={
        plans &&
        plans.data.length > 1 && (
          <NativeSelect
            aria-label={t`Plan`}
            value={setPlan.isPending ? setPlan.variables : workspace.plan}
            disabled={setPlan.isPending}
            onChange={(event) => setPlan.mutate(event.target.value)}
          >
            {plans.data.map((plan) => (
              <option key={plan.id} value={plan.id}>
                {plan.name}
              </option>
            ))}
          </NativeSelect>
        )
      }
    >
      <Panel>
        {error && !usage ? (
          <LoadError error={error} onRetry={() => void refetch()} />
        ) : !usage ? (
          <Skeleton className="m-5 h-16" />
        ) : (
          <Facts
            facts={[
              { label: t`Plan`, value: usage.plan.name },
              { label: t`Cost this month`, value: formatUsd(usage.month.total.cost_usd) },
              { label: t`Answers this month`, value: formatNumber(usage.month.total.runs) },
              ...usage.quotas.map((quota) => ({
                label: `${units[quota.unit]} ${periods[quota.period]}`,
                value: t`${show(quota.unit, quota.used)} of ${show(quota.unit, quota.limit)}`,
              })),
            ]}
          />
        )}
      </Panel>
    </Section>
  );
}

function Members({ id }: { id: string }) {
  const { t } = useLingui();
  const query = useInfiniteQuery(membersQuery(id));
  const members = query.data?.pages.flatMap((page) => page.data);
  const roles: Record<string, string> = {
    owner: t`Owner`,
    admin: t`Admin`,
    member: t`Member`,
    guest: t`Guest`,
  };
  return (
    <Section title={t`Members`}>
      <Panel>
        {query.error && !members ? (
          <LoadError error={query.error} onRetry={() => void query.refetch()} />
        ) : !members ? (
          <Skeleton className="m-5 h-10" />
        ) : (
          <table className="w-full text-sm">
            <caption className="sr-only">{t`Members`}</caption>
            <thead className="sr-only">
              <tr>
                <th scope="col">{t`Name`}</th>
                <th scope="col">{t`Role`}</th>
                <th scope="col">{t`Since`}</th>
              </tr>
            </thead>
            <tbody className="divide-y divide-line">
              {members.map((member: Member) => (
                <tr key={member.user_id}>
                  <td className={cellClass}>
                    <Link
                      href={`/users/${member.user_id}`}
                      className="rounded-sm font-medium break-words hover:underline"
                    >
                      {member.name || member.email}
                    </Link>
                    <span className="block text-[0.8125rem] break-all text-subtle">
                      {member.email}
                    </span>
                  </td>
                  <td className={`${cellClass} text-muted`}>{roles[member.role] ?? member.role}</td>
                  <td className={`${cellClass} whitespace-nowrap text-muted max-sm:hidden`}>
                    {formatDate(member.joined_at)}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </Panel>
      {query.hasNextPage && (
        <Button
          className="mt-4"
          pending={query.isFetchingNextPage}
          onClick={() => void query.fetchNextPage()}
        >
          <Trans>Show more</Trans>
        </Button>
      )}
    </Section>
  );
}
