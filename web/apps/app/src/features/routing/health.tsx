import { Trans, useLingui } from "@lingui/react/macro";
import type { ProviderHealth } from "@parlance/api";
import { formatNumber, formatUntil } from "@parlance/i18n";
import { cn, EmptyState, Skeleton } from "@parlance/ui";
import { useQuery } from "@tanstack/react-query";
import { HeartPulse } from "lucide-react";
import type { ReactNode } from "react";
import { runErrorMessage } from "@/features/chat/errors";
import { LoadError } from "@/lib/load-error";
import { Panel } from "@/features/settings/section";
import { healthQuery } from "./queries";

/** How each provider has fared with the last calls. */
export function Health() {
  const { t } = useLingui();
  const { data, error, refetch } = useQuery(healthQuery());
  if (error && !data) {
    return (
      <Panel>
        <LoadError error={error} onRetry={() => void refetch()} />
      </Panel>
    );
  }
  if (data?.length === 0) {
    return (
      <Panel>
        <EmptyState icon={<HeartPulse size={20} />} title={t`Nothing to report`}>
          <Trans>Providers show here once they have been called.</Trans>
        </EmptyState>
      </Panel>
    );
  }
  return (
    <ul
      aria-busy={!data}
      className="grid grid-cols-[repeat(auto-fill,minmax(min(100%,17rem),1fr))] gap-3"
    >
      {data
        ? data.map((health, index) => <HealthCard key={index} health={health} />)
        : [0, 1].map((card) => (
            <li key={card} className="space-y-3 rounded-lg border border-line bg-surface p-4">
              <Skeleton className="h-4 w-28" />
              <Skeleton className="h-8" />
            </li>
          ))}
    </ul>
  );
}

function HealthCard({ health }: { health: ProviderHealth }) {
  const { t } = useLingui();
  const closed = { label: t`Works`, dot: "bg-success", text: "text-success" };
  const states: Record<string, typeof closed> = {
    half_open: { label: t`Being tried again`, dot: "bg-warning", text: "text-warning" },
    open: { label: t`Paused`, dot: "bg-danger", text: "text-danger" },
  };
  // Nothing is known of one that nobody has called.
  const idle = health.state === "closed" && health.successes + health.failures === 0;
  const state = idle
    ? { label: t`Not called lately`, dot: "bg-control", text: "text-subtle" }
    : (states[health.state] ?? closed);
  const median = formatNumber(health.latency_ms_p50 ?? 0);
  const failure = health.last_error && runErrorMessage(health.last_error);
  const until = health.opens_until ? formatUntil(health.opens_until) : null;
  return (
    <li className="min-w-0 rounded-lg border border-line bg-surface p-4">
      <div className="flex items-center justify-between gap-3">
        <h3 className="min-w-0 truncate text-sm font-medium">{health.name}</h3>
        <span className={cn("flex shrink-0 items-center gap-1.5 text-[0.8125rem]", state.text)}>
          <span aria-hidden className={cn("size-2 rounded-full", state.dot)} />
          {state.label}
        </span>
      </div>
      <dl className="mt-3 grid grid-cols-3 gap-3">
        <Figure label={t`Median`}>{health.latency_ms_p50 === null ? "–" : t`${median} ms`}</Figure>
        <Figure label={t`Answered`}>{formatNumber(health.successes)}</Figure>
        <Figure label={t`Failed`}>{formatNumber(health.failures)}</Figure>
      </dl>
      {health.state === "open" && until && (
        <p className="mt-3 text-[0.8125rem] text-muted">
          <Trans>Tried again {until}; meanwhile routes use their next model.</Trans>
        </p>
      )}
      {failure && (
        <p className="mt-3 line-clamp-2 text-[0.8125rem] break-words text-subtle">
          <Trans>Last failure: {failure}</Trans>
        </p>
      )}
    </li>
  );
}

function Figure({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="truncate text-xs text-subtle">{label}</dt>
      <dd className="mt-0.5 text-sm font-semibold tabular-nums">{children}</dd>
    </div>
  );
}
