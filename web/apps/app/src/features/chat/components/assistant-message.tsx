import { Plural, Trans, useLingui } from "@lingui/react/macro";
import { isActive, textOf, type LiveRun, type Message, type Part } from "@parlance/chat-core";
import { Button, MenuButton, Notice, type MenuEntry } from "@parlance/ui";
import { ChevronDown, RotateCw, Scissors } from "lucide-react";
import { runErrorMessage } from "../errors";
import { Answer } from "../markdown/answer";
import { liveRuns } from "../runs";
import { BranchPicker } from "./branch-picker";
import { CopyButton } from "@/lib/copy-button";
import { Reasoning } from "./reasoning";
import { ToolCall } from "./tool-call";
import { UsageLine } from "./usage-line";

export interface AssistantMessageProps {
  message: Message;
  /** The run as it streams, when it is this message's. */
  live: LiveRun | undefined;
  /** What to show: the live parts once they have caught up with the stored ones. */
  parts: readonly Part[];
  modelName: string;
  readOnly: boolean;
  busy: boolean;
  /** Entries for "with another model". */
  models: () => MenuEntry[];
  onRegenerate: () => void;
  onSelectBranch: (id: string) => void;
}

export function AssistantMessage({
  message,
  live,
  parts,
  modelName,
  readOnly,
  busy,
  models,
  onRegenerate,
  onSelectBranch,
}: AssistantMessageProps) {
  const { t } = useLingui();
  const run = live?.state.run ?? message.run ?? null;
  const writing = live !== undefined || isActive(run);
  const text = textOf(parts);
  const last = parts.at(-1);
  return (
    <div className="group/message">
      {parts.map((part, index) => (
        <PartView
          key={index}
          part={part}
          growing={writing && part === last}
          duration={live ? (live.state.reasoningMs ?? undefined) : liveRuns.reasoningMs(message.id)}
        />
      ))}
      {writing && !live?.stopping && (parts.length === 0 || last?.type === "notice") && (
        <Waiting live={live} />
      )}
      {live?.connection === "waiting" && (
        <p role="status" className="mt-2 text-sm text-muted">
          <Trans>The connection was interrupted. Reconnecting…</Trans>
        </p>
      )}
      {!writing && run && (
        <Ending
          status={run.status}
          reason={run.finish_reason ?? null}
          code={run.error?.code}
          empty={text === ""}
          busy={busy}
          onRetry={readOnly ? undefined : onRegenerate}
        />
      )}
      {!writing && (
        <div className="-ms-2 mt-1.5 flex min-w-0 flex-wrap items-center">
          {text !== "" && <CopyButton text={() => text} label={t`Copy answer`} />}
          {!readOnly && (
            <>
              <div className="flex items-center">
                <button
                  type="button"
                  aria-label={t`Regenerate`}
                  data-tooltip={t`Regenerate`}
                  disabled={busy}
                  onClick={onRegenerate}
                  className="inline-grid h-8 w-8 place-items-center rounded-md text-muted transition-colors hover:bg-hover hover:text-fg disabled:pointer-events-none disabled:opacity-45 touch:size-11"
                >
                  <RotateCw size={15} aria-hidden />
                </button>
                <MenuButton
                  items={models}
                  header={
                    <span className="text-xs font-medium text-subtle">{t`Regenerate with`}</span>
                  }
                  aria-label={t`Regenerate with another model`}
                  data-tooltip={t`Regenerate with another model`}
                  disabled={busy}
                  className="-ms-1 inline-grid h-8 w-6 place-items-center rounded-md text-muted transition-colors hover:bg-hover hover:text-fg disabled:pointer-events-none disabled:opacity-45 touch:h-11 touch:w-9"
                >
                  <ChevronDown size={14} aria-hidden />
                </MenuButton>
              </div>
              <BranchPicker message={message} disabled={busy} onSelect={onSelectBranch} />
            </>
          )}
          {run && <UsageLine run={run} modelName={modelName} />}
        </div>
      )}
    </div>
  );
}

function PartView({
  part,
  growing,
  duration,
}: {
  part: Part;
  growing: boolean;
  duration: number | undefined;
}) {
  switch (part.type) {
    case "text":
      return <Answer text={part.text} streaming={growing} />;
    case "reasoning":
      return <Reasoning text={part.text} thinking={growing} duration={duration} />;
    case "tool_call":
      return <ToolCall part={part} />;
    case "notice":
      return (
        <p className="mb-3 flex items-start gap-2 text-[0.8125rem] text-muted">
          <Scissors size={15} aria-hidden className="mt-0.5 shrink-0" />
          <span>
            <Plural
              value={part.dropped_messages}
              one="The conversation is longer than the model can read: the oldest message was left out."
              other="The conversation is longer than the model can read: the # oldest messages were left out."
            />
          </span>
        </p>
      );
    default:
      return null;
  }
}

/** Before the first token. */
function Waiting({ live }: { live: LiveRun | undefined }) {
  const { t } = useLingui();
  const label = live?.state.run?.status === "queued" ? t`Waiting for the model…` : t`Thinking…`;
  return (
    <span role="img" aria-label={label} className="inline-flex h-7 items-center">
      <span className="size-2.5 animate-breathe rounded-full bg-accent" />
    </span>
  );
}

/** How the answer ended, unless it simply ended. */
function Ending({
  status,
  reason,
  code,
  empty,
  busy,
  onRetry,
}: {
  status: string;
  reason: string | null;
  code: string | undefined;
  empty: boolean;
  busy: boolean;
  /** Absent: the conversation can only be read. */
  onRetry: (() => void) | undefined;
}) {
  const retry = onRetry && (
    <Button size="sm" variant="secondary" disabled={busy} onClick={onRetry}>
      <RotateCw size={14} aria-hidden />
      <Trans>Retry</Trans>
    </Button>
  );
  if (status === "failed") {
    return (
      <Notice
        tone="danger"
        className="mt-3 items-center!"
        title={runErrorMessage(code)}
        action={retry}
      />
    );
  }
  if (status === "interrupted") {
    return (
      <Notice
        tone="warning"
        className="mt-3 items-center!"
        title={<Trans>The server stopped before this answer was complete.</Trans>}
        action={retry}
      />
    );
  }
  if (status === "cancelled") {
    return (
      <p className="mt-2 text-[0.8125rem] text-muted">
        {empty ? (
          <Trans>Stopped before the first word.</Trans>
        ) : (
          <Trans>You stopped this answer.</Trans>
        )}
      </p>
    );
  }
  if (reason === "length") {
    return (
      <p className="mt-2 text-[0.8125rem] text-muted">
        <Trans>The answer reached its length limit.</Trans>
      </p>
    );
  }
  if (reason === "content_filter") {
    return (
      <p className="mt-2 text-[0.8125rem] text-muted">
        <Trans>The model's provider cut this answer off.</Trans>
      </p>
    );
  }
  return null;
}
