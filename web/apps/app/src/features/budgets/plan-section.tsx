/** The workspace's plan: its quotas with what is used of each. Nothing where it limits nothing. */
import { Trans, useLingui } from "@lingui/react/macro";
import type { Quota, QuotaUnit } from "@parlance/api";
import {
  formatDateTime,
  formatNumber,
  formatPercent,
  formatUntil,
  formatUsd,
} from "@parlance/i18n";
import { cn, Skeleton } from "@parlance/ui";
import { useQuery } from "@tanstack/react-query";
import { Panel, Section } from "@/features/settings/section";
import { LoadError } from "@/lib/load-error";
import { quotaProgress } from "./budgets.logic";
import { LimitMeter } from "./progress-bar";
import { quotaQuery } from "./queries";

/** An amount of a quota for people. */
const quotaAmount = (unit: QuotaUnit, amount: string) =>
  unit === "usd" ? formatUsd(amount) : formatNumber(Number(amount));

export function PlanSection() {
  const { t } = useLingui();
  const { data, error, refetch } = useQuery(quotaQuery());
  const models = data?.plan.models;
  if (data && data.quotas.length === 0 && !models) return null;
  const plan = data?.plan.name ?? "";
  const list = models?.join(", ");
  return (
    <Section title={data ? t`Plan: ${plan}` : t`Plan`}>
      <Panel>
        {error ? (
          <LoadError error={error} onRetry={() => void refetch()} />
        ) : !data ? (
          <div aria-busy className="space-y-3 px-4 py-4">
            <Skeleton className="h-4 w-48" />
            <Skeleton className="h-2" />
          </div>
        ) : (
          <ul className="divide-y divide-line">
            {data.quotas.map((quota) => (
              <QuotaRow key={`${quota.unit} ${quota.period}`} quota={quota} />
            ))}
            {models && (
              <li className="px-4 py-4 text-sm">
                <p className="font-medium">
                  <Trans>Models</Trans>
                </p>
                <p className="mt-0.5 break-words text-muted">
                  {list ? list : <Trans>This plan includes no model.</Trans>}
                </p>
              </li>
            )}
          </ul>
        )}
      </Panel>
    </Section>
  );
}

function QuotaRow({ quota }: { quota: Quota }) {
  const { t } = useLingui();
  const progress = quotaProgress(quota);
  const units = { messages: t`Messages`, tokens: t`Tokens`, usd: t`Spending` };
  const periods = { day: t`each day`, month: t`each month`, total: t`all time` };
  const unit = units[quota.unit];
  const used = quotaAmount(quota.unit, quota.used);
  const limit = quotaAmount(quota.unit, quota.limit);
  const reserved = quotaAmount(quota.unit, quota.reserved);
  const when = quota.resets_at ? formatUntil(quota.resets_at) : "";
  return (
    <li className="px-4 py-4">
      <p className="text-sm font-medium">
        {unit} <span className="font-normal text-subtle">{periods[quota.period]}</span>
      </p>
      <div className="mt-2 flex items-baseline justify-between gap-4 text-sm tabular-nums">
        <p>
          <Trans>
            <span className="font-semibold">{used}</span>{" "}
            <span className="text-muted">of {limit}</span>
          </Trans>
        </p>
        <p
          className={cn(
            "font-medium",
            { calm: "text-muted", near: "text-warning", over: "text-danger" }[progress.tone],
          )}
        >
          {formatPercent(progress.percent / 100)}
        </p>
      </div>
      <div className="mt-2">
        <LimitMeter
          progress={progress}
          warned={quota.warned}
          label={unit}
          text={t`${used} of ${limit}`}
        />
      </div>
      <p className="mt-2.5 flex flex-wrap gap-x-3 text-[0.8125rem] text-subtle tabular-nums">
        {Number(quota.reserved) > 0 && (
          <span>
            <Trans>{reserved} reserved</Trans>
          </span>
        )}
        {quota.resets_at && (
          <span title={formatDateTime(quota.resets_at)}>
            <Trans>resets {when}</Trans>
          </span>
        )}
      </p>
    </li>
  );
}
