/** Tokens, cost and times of one answer; opened from the line under it. */
import { Trans, useLingui } from "@lingui/react/macro";
import type { Run, Usage } from "@parlance/chat-core";
import { formatDateTime, formatDuration, formatNumber, formatUsd } from "@parlance/i18n";
import { Popover } from "@parlance/ui/popover";
import type { ReactNode, RefObject } from "react";
import { actionName, ruleName } from "../guardrails";

export default function RunDetails({
  run,
  usage,
  modelName,
  anchor,
  onClose,
}: {
  run: Run;
  usage: Usage;
  modelName: string;
  anchor: RefObject<HTMLElement | null>;
  onClose: () => void;
}) {
  const { t } = useLingui();
  const total =
    run.finished_at == null
      ? null
      : new Date(run.finished_at).getTime() - new Date(run.started_at).getTime();
  const part = usage.reasoning_tokens;
  return (
    <Popover
      open
      onOpenChange={(open) => !open && onClose()}
      anchor={anchor}
      label={t`About this answer`}
      side="top"
      className="w-72 text-sm"
    >
      <p className="font-medium">{modelName}</p>
      <p className="truncate font-mono text-xs text-subtle" title={run.model}>
        {run.model}
      </p>
      <dl className="mt-3 space-y-1.5">
        <Row label={t`Input tokens`}>{formatNumber(usage.input_tokens)}</Row>
        {usage.cached_input_tokens > 0 && (
          <Row label={t`of which cached`} inner>
            {formatNumber(usage.cached_input_tokens)}
          </Row>
        )}
        {usage.cache_write_tokens > 0 && (
          <Row label={t`of which written to the cache`} inner>
            {formatNumber(usage.cache_write_tokens)}
          </Row>
        )}
        <Row label={t`Output tokens`}>{formatNumber(usage.output_tokens)}</Row>
        {part > 0 && (
          <Row label={t`of which reasoning`} inner>
            {formatNumber(part)}
          </Row>
        )}
        <Row label={t`Cost`}>
          {usage.price_version ? formatUsd(usage.cost_usd) : t`no price known`}
        </Row>
        {run.first_token_ms != null && (
          <Row label={t`First token after`}>{formatDuration(run.first_token_ms)}</Row>
        )}
        {(run.guardrails ?? []).map(({ rule, action, count }) => (
          <Row key={`${rule} ${action}`} label={ruleName(rule)}>
            {actionName(action)}
            {count > 1 && ` × ${formatNumber(count)}`}
          </Row>
        ))}
        {total !== null && <Row label={t`Total time`}>{formatDuration(total)}</Row>}
      </dl>
      <p className="mt-3 border-t border-line pt-2.5 text-xs text-subtle">
        {formatDateTime(run.started_at)}
        {usage.price_version && (
          <>
            {" · "}
            <Trans>prices of {usage.price_version}</Trans>
          </>
        )}
        {usage.estimated && (
          <>
            <br />
            <Trans>The provider gave no count, so the tokens are estimated.</Trans>
          </>
        )}
      </p>
    </Popover>
  );
}

function Row({ label, inner, children }: { label: string; inner?: boolean; children: ReactNode }) {
  return (
    <div
      className={
        inner ? "flex justify-between gap-4 ps-3 text-subtle" : "flex justify-between gap-4"
      }
    >
      <dt className="text-muted">{label}</dt>
      <dd className="tabular-nums">{children}</dd>
    </div>
  );
}
