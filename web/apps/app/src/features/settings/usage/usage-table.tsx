import { Trans, useLingui } from "@lingui/react/macro";
import type { UsageReport, UsageRow } from "@parlance/api";
import { formatDate, formatNumber, formatUsd } from "@parlance/i18n";
import { cn } from "@parlance/ui";
import type { ReactNode } from "react";

const cell = "px-2 py-2.5 text-end tabular-nums whitespace-nowrap last:pe-4 @md:px-4";
/** What the cost doesn't need to be understood gives way first. */
const detail = "hidden @2xl:table-cell";
const count = "hidden @md:table-cell";

export function UsageTable({ report }: { report: UsageReport }) {
  const { t } = useLingui();
  const name = (row: UsageRow) =>
    report.group_by === "day"
      ? formatDate(`${row.key}T00:00:00Z`, { utc: true })
      : report.group_by === "key" && row.key === "none"
        ? t`In the app`
        : row.label || row.key;
  return (
    <div
      role="region"
      aria-label={t`Usage`}
      tabIndex={0}
      className="@container overflow-x-auto -outline-offset-2"
    >
      <table className="w-full text-sm">
        <thead>
          <tr className="border-b border-line text-[0.8125rem] text-muted">
            <th scope="col" className="px-4 py-2.5 text-start font-medium">
              {report.group_by === "day" ? (
                <Trans>Day</Trans>
              ) : report.group_by === "model" ? (
                <Trans>Model</Trans>
              ) : report.group_by === "key" ? (
                <Trans>API key</Trans>
              ) : (
                <Trans>Person</Trans>
              )}
            </th>
            <Heading className={count}>
              <Trans>Answers</Trans>
            </Heading>
            <Heading>
              <Trans>Input</Trans>
            </Heading>
            <Heading className={detail}>
              <Trans>Cached</Trans>
            </Heading>
            <Heading>
              <Trans>Output</Trans>
            </Heading>
            <Heading className={detail}>
              <Trans>Reasoning</Trans>
            </Heading>
            <Heading>
              <Trans>Cost</Trans>
            </Heading>
          </tr>
        </thead>
        <tbody className="font-normal divide-y divide-line">
          {report.data.map((row) => (
            <Row key={row.key} row={row} name={name(row)} />
          ))}
        </tbody>
        <tfoot className="border-t border-line-strong font-semibold">
          <Row row={report.total} name={<Trans>Total</Trans>} />
        </tfoot>
      </table>
    </div>
  );
}

function Heading({ children, className }: { children: ReactNode; className?: string }) {
  return (
    <th
      scope="col"
      className={cn(
        "px-2 py-2.5 text-end font-medium whitespace-nowrap last:pe-4 @md:px-4",
        className,
      )}
    >
      {children}
    </th>
  );
}

function Row({ row, name }: { row: UsageRow; name: ReactNode }) {
  return (
    <tr>
      <th
        scope="row"
        className="max-w-28 truncate @md:max-w-64 px-4 py-2.5 text-start [font-weight:inherit]"
      >
        {name}
      </th>
      <td className={cn(cell, count)}>{formatNumber(row.runs)}</td>
      <td className={cell}>{formatNumber(row.input_tokens)}</td>
      <td className={cn(cell, detail)}>{formatNumber(row.cached_input_tokens)}</td>
      <td className={cell}>{formatNumber(row.output_tokens)}</td>
      <td className={cn(cell, detail)}>{formatNumber(row.reasoning_tokens)}</td>
      <td className={cell}>{formatUsd(row.cost_usd)}</td>
    </tr>
  );
}
