import { useLingui } from "@lingui/react/macro";
import { formatPercent, formatUsd } from "@parlance/i18n";
import { cn } from "@parlance/ui";
import type { Budget } from "./api";
import { MARKS, progressOf } from "./budgets.logic";

/** Spent, then what calls under way have reserved, of the limit; with the marks that warn. */
export function ProgressBar({ budget }: { budget: Budget }) {
  const { t } = useLingui();
  const { spent, reserved, percent, tone } = progressOf(budget);
  const name = budget.name;
  const spentText = formatUsd(budget.spent_usd);
  const limitText = formatUsd(budget.limit_usd);
  const reservedText = formatUsd(budget.reserved_usd);
  return (
    <div
      role="meter"
      aria-label={t`Spent of ${name}`}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.min(100, percent)}
      aria-valuetext={
        reserved > 0
          ? t`${spentText} of ${limitText}, and ${reservedText} reserved`
          : t`${spentText} of ${limitText}`
      }
      className="relative h-2 rounded-full bg-active"
    >
      <div className="absolute inset-0 flex overflow-hidden rounded-full">
        <span
          style={{ width: `${spent}%` }}
          className={cn(
            "transition-[width]",
            { calm: "bg-accent", near: "bg-warning", over: "bg-danger" }[tone],
          )}
        />
        <span
          style={{ width: `${reserved}%` }}
          className={cn(
            "opacity-40 transition-[width]",
            { calm: "bg-accent", near: "bg-warning", over: "bg-danger" }[tone],
          )}
        />
      </div>
      {MARKS.map((mark) => (
        <span
          key={mark}
          aria-hidden
          data-tooltip={formatPercent(mark / 100)}
          style={{ insetInlineStart: `${mark}%` }}
          className="absolute -inset-y-1 w-2 -translate-x-1/2"
        >
          <span
            className={cn(
              "absolute inset-y-0 start-1/2 w-px -translate-x-1/2",
              budget.warned.includes(mark) ? "bg-fg" : "bg-control",
            )}
          />
        </span>
      ))}
    </div>
  );
}
