import { useLingui } from "@lingui/react/macro";
import type { Budget } from "@parlance/api";
import { formatPercent, formatUsd } from "@parlance/i18n";
import { cn } from "@parlance/ui";
import { MARKS, progressOf, type Progress } from "./budgets.logic";

/** A budget's: spent, then what calls under way have reserved, of the limit. */
export function ProgressBar({ budget }: { budget: Budget }) {
  const { t } = useLingui();
  const progress = progressOf(budget);
  const name = budget.name;
  const spentText = formatUsd(budget.spent_usd);
  const limitText = formatUsd(budget.limit_usd);
  const reservedText = formatUsd(budget.reserved_usd);
  return (
    <LimitMeter
      progress={progress}
      warned={budget.warned}
      label={t`Spent of ${name}`}
      text={
        progress.reserved > 0
          ? t`${spentText} of ${limitText}, and ${reservedText} reserved`
          : t`${spentText} of ${limitText}`
      }
    />
  );
}

/** How far a limit is used, with the marks that warn. */
export function LimitMeter({
  progress: { spent, reserved, percent, tone },
  warned,
  label,
  text,
}: {
  progress: Progress;
  warned: readonly number[];
  label: string;
  /** The same in words. */
  text: string;
}) {
  return (
    <div
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.min(100, percent)}
      aria-valuetext={text}
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
              warned.includes(mark) ? "bg-fg" : "bg-control",
            )}
          />
        </span>
      ))}
    </div>
  );
}
