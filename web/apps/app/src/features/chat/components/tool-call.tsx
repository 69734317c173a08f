import { Trans } from "@lingui/react/macro";
import type { ToolCallPart } from "@parlance/chat-core";
import { ChevronRight, Wrench } from "lucide-react";

/** A tool that the model asked for, with what it asked. */
export function ToolCall({ part }: { part: ToolCallPart }) {
  return (
    <details className="group my-3 rounded-lg border border-line bg-surface text-sm">
      <summary className="flex min-h-10 list-none items-center gap-2 px-3 py-1.5 touch:min-h-11 [&::-webkit-details-marker]:hidden">
        <Wrench size={15} aria-hidden className="text-muted" />
        <span className="min-w-0 flex-1 truncate">
          <Trans>
            Asked for the tool <code className="font-mono text-[0.85em]">{part.name}</code>
          </Trans>
        </span>
        <ChevronRight
          size={15}
          aria-hidden
          className="text-subtle transition-transform group-open:rotate-90"
        />
      </summary>
      <pre
        tabIndex={0}
        className="overflow-x-auto border-t border-line px-3 py-2.5 font-mono text-xs leading-relaxed"
      >
        {JSON.stringify(part.input, null, 2)}
      </pre>
    </details>
  );
}
