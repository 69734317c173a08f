import { Plural, Trans, useLingui } from "@lingui/react/macro";
import type { UsageGroup, UsageReport } from "@parlance/api";
import { formatCompact, formatNumber, formatUsd, i18n } from "@parlance/i18n";
import { Button, cn, EmptyState, IconButton, NativeSelect, Skeleton } from "@parlance/ui";
import { Segmented } from "@parlance/ui/choice";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { ChartNoAxesColumn, ChevronLeft, ChevronRight, Download } from "lucide-react";
import { useState, type ReactNode } from "react";
import { usePermission, useSession } from "@/features/session/use-session";
import { LoadError } from "@/lib/load-error";
import { Panel, Section, SettingsPage } from "../section";
import { toCsv } from "./csv.logic";
import { usageQuery } from "./queries";
import { UsageChart } from "./usage-chart";
import { UsageTable } from "./usage-table";
import { bars, monthOf, monthRange, monthsUntil, shiftMonth } from "./usage.logic";

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
  const names = new Intl.DateTimeFormat(i18n.locale, {
    month: "long",
    year: "numeric",
    timeZone: "UTC",
  });
  const monthName = (id: string) => {
    const name = names.format(new Date(`${id}-01T00:00:00Z`));
    return name.charAt(0).toLocaleUpperCase(i18n.locale) + name.slice(1);
  };
  const hasKeys = usePermission("keys.create");
  const groups: { id: UsageGroup; label: string }[] = [
    { id: "day", label: t`Day` },
    { id: "model", label: t`Model` },
    ...(seesAll ? [{ id: "user" as const, label: t`Person` }] : []),
    ...(hasKeys ? [{ id: "key" as const, label: t`API key` }] : []),
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
        title={t`Summary`}
        action={
          <div className="flex items-center gap-1">
            <IconButton label={t`Previous month`} onClick={() => setMonth(shiftMonth(month, -1))}>
              <ChevronLeft size={18} aria-hidden />
            </IconButton>
            <NativeSelect
              aria-label={t`Month`}
              className="w-44 text-sm touch:w-54"
              value={month}
              onChange={(event) => setMonth(event.target.value)}
            >
              {monthsUntil(thisMonth, month).map((id) => (
                <option key={id} value={id}>
                  {monthName(id)}
                </option>
              ))}
            </NativeSelect>
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
          <div className="flex max-w-full flex-wrap items-center gap-2">
            <Segmented label={t`Group by`} value={group} options={groups} onChange={setGroup} />
            <Button
              size="sm"
              disabled={!table.data || table.isPlaceholderData || table.data.data.length === 0}
              onClick={() => table.data && download(table.data, month)}
            >
              <Download size={15} aria-hidden />
              <Trans>CSV</Trans>
            </Button>
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
      {report !== undefined && report.cached_answers > 0 && (
        <Total label={t`Saved by the cache`} className="col-span-2 lg:col-span-4">
          {formatUsd(report.saved_usd)}{" "}
          <span className="text-sm font-normal text-muted">
            <Plural value={report.cached_answers} one="for # answer" other="for # answers" />
          </span>
        </Total>
      )}
    </dl>
  );
}

function Total({
  label,
  className,
  children,
}: {
  label: string;
  className?: string;
  children: ReactNode;
}) {
  return (
    <div className={cn("bg-surface px-4 py-3.5", className)}>
      <dt className="text-[0.8125rem] text-muted">{label}</dt>
      <dd className="mt-1 text-xl font-semibold tracking-tight tabular-nums">
        {children ?? <Skeleton className="h-7 w-20" />}
      </dd>
    </div>
  );
}

/** The table as it stands, exact amounts included, as a file of this browser's making. */
function download(report: UsageReport, month: string) {
  const csv = toCsv([
    [
      report.group_by,
      "key",
      "answers",
      "input_tokens",
      "cached_input_tokens",
      "cache_write_tokens",
      "output_tokens",
      "reasoning_tokens",
      "cost_usd",
    ],
    ...report.data.map((row) => [
      row.label,
      row.key,
      row.runs,
      row.input_tokens,
      row.cached_input_tokens,
      row.cache_write_tokens,
      row.output_tokens,
      row.reasoning_tokens,
      { amount: row.cost_usd },
    ]),
  ]);
  // The mark at the start tells spreadsheets that this is UTF-8.
  const url = URL.createObjectURL(new Blob(["\uFEFF", csv], { type: "text/csv;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = `parlance-usage-${month}-by-${report.group_by}.csv`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
