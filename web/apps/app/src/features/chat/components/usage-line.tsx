import { useLingui } from "@lingui/react/macro";
import type { Run } from "@parlance/chat-core";
import { formatCompact, formatUsd } from "@parlance/i18n";
import { lazy, Suspense, useRef, useState } from "react";

const RunDetails = lazy(() => import("./run-details"));

/** "Demo · 1.2K tokens · $0.0021" under an answer; a press shows the details. */
export function UsageLine({ run, modelName }: { run: Run; modelName: string }) {
  const { t } = useLingui();
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const { usage } = run;
  if (!usage) return <span className="truncate px-1 text-xs text-subtle">{modelName}</span>;
  const tokens = formatCompact(usage.input_tokens + usage.output_tokens);
  const cost = usage.price_version ? formatUsd(usage.cost_usd) : null;
  return (
    <>
      <button
        ref={button}
        type="button"
        aria-haspopup="dialog"
        aria-expanded={open}
        data-tooltip={t`About this answer`}
        onClick={() => setOpen(!open)}
        className="h-8 min-w-0 truncate rounded-md px-1.5 text-xs text-subtle tabular-nums transition-colors hover:bg-hover hover:text-fg touch:h-11"
      >
        {modelName} · {t`${tokens} tokens`}
        {cost !== null && ` · ${cost}`}
      </button>
      {open && (
        <Suspense fallback={null}>
          <RunDetails
            run={run}
            usage={usage}
            modelName={modelName}
            anchor={button}
            onClose={() => setOpen(false)}
          />
        </Suspense>
      )}
    </>
  );
}
