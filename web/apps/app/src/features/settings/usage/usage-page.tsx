import { Trans, useLingui } from "@lingui/react/macro";
import type { UsageGroup, UsageReport } from "@parlance/api";
import { formatCompact, formatNumber, formatUsd, i18n } from "@parlance/i18n";
import { cn, EmptyState, IconButton, Skeleton } from "@parlance/ui";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { ChartNoAxesColumn, ChevronLeft, ChevronRight } from "lucide-react";
import { useState, type ReactNode } from "react";
import { usePermission, useSession } from "@/features/session/use-session";
import { LoadError } from "@/lib/load-error";
import { Panel, Section, SettingsPage } from "../section";
import { usageQuery } from "./queries";
import { UsageChart } from "./usage-chart";
import { UsageTable } from "./usage-table";
import { bars, monthOf, monthRange, shiftMonth } from "./usage.logic";

export default function UsagePage() {
  const { t } = useLingui();
  const personal = useSession()?.workspace.personal ?? true;
  const seesAll = usePermission("usage.read_all") && !personal;
  const [thisMonth] = useState(() => monthOf(new Date()));
  const [month, setMonth] = useState(thisMonth);
  const [group, setGroup] = useState<UsageGroup>("day");
  const { from, to } = monthRange(month);
  const days = useQuery({ ...usageQuery("day", from, to), placeholderData: keepPreviousData });
  const table = useQuery({ ...usageQuery(group, from, to), placeholderData: keepPreviousData });
  const monthName = new Intl.DateTimeFormat(i18n.locale, {
    month: "long",
    year: "numeric",
    timeZone: "UTC",
  }).format(new Date(`${month}-01T00:00:00Z`));
  const groups: { id: UsageGroup; label: string }[] = [
    { id: "day", label: t`Day` },
    { id: "model", label: t`Model` },
    ...(seesAll ? [{ id: "user" as const, label: t`Person` }] : []),
  ];

  return (
    <SettingsPage
      title={t`Usage`}
      intro={
        seesAll
          ? t`What everyone in this workspace has used. Months and days are in UTC.`
          : t`What you have used in this workspace. Months and days are in UTC.`
      }
    >
      <Section
        title={<span className="inline-block first-letter:uppercase">{monthName}</span>}
        action={
          <div className="flex gap-1">
            <IconButton label={t`Previous month`} onClick={() => setMonth(shiftMonth(month, -1))}>
              <ChevronLeft size={18} aria-hidden />
            </IconButton>
            <IconButton
              label={t`Next month`}
              disabled={month >= thisMonth}
              onClick={() => setMonth(shiftMonth(month, 1))}
            >
              <ChevronRight size={18} aria-hidden />
            </IconButton>
          </div>
        }
      >
        {days.error ? (
          <Panel>
            <LoadError error={days.error} onRetry={() => void days.refetch()} />
          </Panel>
        ) : (
          <div
            className={cn("space-y-4 transition-opacity", days.isPlaceholderData && "opacity-60")}
          >
            <Totals report={days.data} />
            {days.data?.total.runs !== 0 && (
              <Panel className="px-4 pt-4 pb-2">
                {days.data ? (
                  <UsageChart bars={bars(days.data.data, from, to)} />
                ) : (
                  <Skeleton className="h-50" />
                )}
              </Panel>
            )}
          </div>
        )}
      </Section>
      <Section
        title={t`Details`}
        action={
          <div
            role="group"
            aria-label={t`Group by`}
            className="flex gap-0.5 rounded-md bg-active p-0.5"
          >
            {groups.map(({ id, label }) => (
              <button
                key={id}
                type="button"
                aria-pressed={group === id}
                onClick={() => setGroup(id)}
                className={cn(
                  "h-7 rounded-sm px-3 text-[0.8125rem] font-medium transition-colors touch:h-10",
                  group === id ? "bg-surface text-fg shadow-sm" : "text-muted hover:text-fg",
                )}
              >
                {label}
              </button>
            ))}
          </div>
        }
      >
        <Panel>
          {table.error ? (
            <LoadError error={table.error} onRetry={() => void table.refetch()} />
          ) : table.data ? (
            table.data.data.length > 0 ? (
              <UsageTable report={table.data} />
            ) : (
              <EmptyState icon={<ChartNoAxesColumn size={20} />} title={t`Nothing used this month`}>
                <Trans>Every answer is counted here with its tokens and its exact cost.</Trans>
              </EmptyState>
            )
          ) : (
            <div className="space-y-3 p-4">
              <Skeleton className="h-5" />
              <Skeleton className="h-5" />
              <Skeleton className="h-5" />
            </div>
          )}
        </Panel>
      </Section>
    </SettingsPage>
  );
}

function Totals({ report }: { report: UsageReport | undefined }) {
  const { t } = useLingui();
  const total = report?.total;
  return (
    <dl className="grid grid-cols-2 gap-px overflow-hidden rounded-lg border border-line bg-line lg:grid-cols-4">
      <Total label={t`Cost`}>{total && formatUsd(total.cost_usd)}</Total>
      <Total label={t`Answers`}>{total && formatNumber(total.runs)}</Total>
      <Total label={t`Input tokens`}>{total && formatCompact(total.input_tokens)}</Total>
      <Total label={t`Output tokens`}>{total && formatCompact(total.output_tokens)}</Total>
    </dl>
  );
}

function Total({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="bg-surface px-4 py-3.5">
      <dt className="text-[0.8125rem] text-muted">{label}</dt>
      <dd className="mt-1 text-xl font-semibold tracking-tight tabular-nums">
        {children ?? <Skeleton className="h-7 w-20" />}
      </dd>
    </div>
  );
}
