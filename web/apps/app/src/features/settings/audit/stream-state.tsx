import { Plural, Trans, useLingui } from "@lingui/react/macro";
import type { AuditStream } from "@parlance/api";
import { formatDateTime } from "@parlance/i18n";
import { Badge } from "@parlance/ui";

/** How a stream does. */
export function StreamState({ stream }: { stream: AuditStream }) {
  const { t } = useLingui();
  const states = {
    active: t`Active`,
    failing: t`Failing`,
    paused: t`Paused`,
    gave_up: t`Given up`,
  };
  const delivered = stream.last_delivered_at && formatDateTime(stream.last_delivered_at);
  const next = stream.next_attempt_at && formatDateTime(stream.next_attempt_at);
  const since = stream.failing_since && formatDateTime(stream.failing_since);
  const error = stream.last_error;
  const isBad = stream.state === "failing" || stream.state === "gave_up";
  return (
    <div className="space-y-1.5">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <code className="min-w-0 text-[0.8125rem] font-medium break-all">{stream.address}</code>
        <Badge tone={stream.state === "active" ? "accent" : isBad ? "danger" : "neutral"}>
          {states[stream.state]}
        </Badge>
      </div>
      <p className="text-[0.8125rem] text-subtle">
        {delivered ? (
          <Trans>Last delivered on {delivered}</Trans>
        ) : (
          <Trans>Nothing was delivered yet</Trans>
        )}
        {" · "}
        {stream.behind > 0 ? (
          <Plural value={stream.behind} one="# entry waits" other="# entries wait" />
        ) : (
          <Trans>nothing waits</Trans>
        )}
      </p>
      {error && (
        <p className="text-[0.8125rem] text-danger">
          <Trans>
            The last attempt failed: {error}. Without success since {since}.
          </Trans>
        </p>
      )}
      {stream.state === "failing" && next && (
        <p className="text-[0.8125rem] text-subtle">
          <Trans>The next attempt is on {next}.</Trans>
        </p>
      )}
      {stream.state === "gave_up" && (
        <p className="text-[0.8125rem] text-muted">
          <Trans>Nothing got through for long. Resume it to send all that waits.</Trans>
        </p>
      )}
    </div>
  );
}
