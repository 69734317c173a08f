import { Trans, useLingui } from "@lingui/react/macro";
import { deleteBudget, type Budget } from "@parlance/api";
import { formatDateTime, formatPercent, formatUntil, formatUsd } from "@parlance/i18n";
import { Badge, Button, cn, EmptyState, Skeleton, toast } from "@parlance/ui";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { PiggyBank, Plus } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { usePermission } from "@/features/session/use-session";
import { ListPanel } from "@/features/settings/list-panel";
import { NoPermission } from "@/features/settings/no-permission";
import { Section, SettingsPage } from "@/features/settings/section";
import { toastError } from "@/lib/errors";
import { RowMenu } from "@/lib/row-menu";
import { byUrgency, progressOf } from "./budgets.logic";
import { PlanSection } from "./plan-section";
import { ProgressBar } from "./progress-bar";
import { budgetKeys, budgetsQuery } from "./queries";
import { useSubjects, type Subjects } from "./use-subjects";

const ConfirmDialog = lazy(() => import("@/lib/confirm-dialog"));
const BudgetDialog = lazy(() => import("./budget-dialog"));

export default function BudgetsPage() {
  const { t } = useLingui();
  const allowed = usePermission("budgets.read");
  const manages = usePermission("budgets.manage");
  const queries = useQueryClient();
  const subjects = useSubjects();
  const [open, setOpen] = useState<{ kind: "create" } | { kind: "edit"; budget: Budget } | null>(
    null,
  );
  const [deleting, setDeleting] = useState<Budget | null>(null);
  const list = useQuery({ ...budgetsQuery(), enabled: allowed, select: byUrgency });
  const renew = () => queries.invalidateQueries({ queryKey: budgetKeys.all });
  const remove = useMutation({
    mutationFn: (budget: Budget) => deleteBudget({ path: { id: budget.id } }),
    onSuccess: () => {
      setDeleting(null);
      toast.success(t`Budget deleted`);
    },
    onError: toastError,
    onSettled: renew,
  });

  const title = t`Budgets`;
  if (!allowed) return <NoPermission title={title} />;
  const name = deleting?.name ?? "";
  return (
    <SettingsPage
      title={title}
      intro={t`Limits on what the workspace, a group, a member or an API key may spend. What calls under way might cost at most is reserved until they end.`}
    >
      <PlanSection />
      <Section
        title={t`Limits`}
        action={
          manages && (
            <Button variant="primary" size="sm" onClick={() => setOpen({ kind: "create" })}>
              <Plus size={16} aria-hidden />
              <Trans>New budget</Trans>
            </Button>
          )
        }
      >
        <ListPanel
          query={list}
          waiting={
            <>
              <Skeleton className="h-4 w-48" />
              <Skeleton className="h-2" />
              <Skeleton className="h-3 w-64 max-w-full" />
            </>
          }
          renderRow={(budget) => (
            <BudgetRow
              key={budget.id}
              budget={budget}
              subjects={subjects}
              onEdit={manages ? () => setOpen({ kind: "edit", budget }) : undefined}
              onDelete={() => setDeleting(budget)}
            />
          )}
          empty={
            <EmptyState
              icon={<PiggyBank size={20} />}
              title={t`No budgets yet`}
              action={
                manages && (
                  <Button onClick={() => setOpen({ kind: "create" })}>
                    <Trans>Set a limit</Trans>
                  </Button>
                )
              }
            >
              {manages ? (
                <Trans>Without one, nothing stops spending but the provider's own limits.</Trans>
              ) : (
                <Trans>Nobody has set a limit in this workspace.</Trans>
              )}
            </EmptyState>
          }
        />
      </Section>
      <Suspense fallback={null}>
        {open && (
          <BudgetDialog
            budget={open.kind === "edit" ? open.budget : undefined}
            onSaved={() => {
              toast.success(open.kind === "edit" ? t`Budget changed` : t`Budget created`);
              setOpen(null);
              void renew();
            }}
            onClose={() => setOpen(null)}
          />
        )}
        {deleting && (
          <ConfirmDialog
            title={t`Delete ${name}?`}
            confirmLabel={t`Delete`}
            pending={remove.isPending}
            onConfirm={() => remove.mutate(deleting)}
            onClose={() => setDeleting(null)}
          >
            {deleting.hard ? (
              <Trans>Its limit ends at once, and what it has stopped goes on.</Trans>
            ) : (
              <Trans>It warns nobody any more.</Trans>
            )}
          </ConfirmDialog>
        )}
      </Suspense>
    </SettingsPage>
  );
}

function BudgetRow({
  budget,
  subjects,
  onEdit,
  onDelete,
}: {
  budget: Budget;
  subjects: Subjects;
  /** Absent: the person may only look. */
  onEdit?: () => void;
  onDelete: () => void;
}) {
  const { t } = useLingui();
  const { percent, tone } = progressOf(budget);
  const name = budget.name;
  const spent = formatUsd(budget.spent_usd);
  const limit = formatUsd(budget.limit_usd);
  const onePercent = formatPercent(0.01);
  const reserved = formatUsd(budget.reserved_usd);
  const periods = { day: t`each day`, month: t`each month`, total: t`all time` };
  return (
    <li className="px-4 py-4">
      <div className="flex items-start gap-3">
        <div className="min-w-0 flex-1">
          <p className="flex flex-wrap items-center gap-x-2 gap-y-1 text-sm font-medium">
            <span className="min-w-0 truncate">{name}</span>
            {budget.hard ? <Badge tone="accent">{t`Stops`}</Badge> : <Badge>{t`Warns`}</Badge>}
            {tone === "over" && <Badge tone="danger">{budget.hard ? t`Used up` : t`Passed`}</Badge>}
          </p>
          <p className="mt-0.5 truncate text-[0.8125rem] text-subtle">
            {subjects.nameOf(budget.subject)} · {periods[budget.period]}
          </p>
        </div>
        {onEdit && (
          <RowMenu
            name={name}
            className="-mt-2 touch:-mt-2.5"
            onEdit={onEdit}
            onDelete={onDelete}
          />
        )}
      </div>
      <div className="mt-3 flex items-baseline justify-between gap-4 text-sm tabular-nums">
        <p>
          <Trans>
            <span className="font-semibold">{spent}</span>{" "}
            <span className="text-muted">of {limit}</span>
          </Trans>
        </p>
        <p
          className={cn(
            "font-medium",
            { calm: "text-muted", near: "text-warning", over: "text-danger" }[tone],
          )}
        >
          {percent === 0 && Number(budget.spent_usd) > 0
            ? `<${onePercent}`
            : formatPercent(percent / 100)}
        </p>
      </div>
      <div className="mt-2">
        <ProgressBar budget={budget} />
      </div>
      <p className="mt-2.5 flex flex-wrap gap-x-3 text-[0.8125rem] text-subtle tabular-nums">
        {Number(budget.reserved_usd) > 0 && (
          <span>
            <Trans>{reserved} reserved</Trans>
          </span>
        )}
        <Resets at={budget.resets_at} />
      </p>
    </li>
  );
}

function Resets({ at }: { at: string | null }) {
  if (at === null) {
    return (
      <span>
        <Trans>never resets</Trans>
      </span>
    );
  }
  const when = formatUntil(at);
  return (
    <span title={formatDateTime(at)}>
      <Trans>resets {when}</Trans>
    </span>
  );
}
