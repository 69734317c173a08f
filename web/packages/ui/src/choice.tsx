/** Choices inside forms: boxes to tick, one of several, one of a few side by side. */
import type { ComponentProps, ReactNode } from "react";
import { cn } from "./cn";

const mark =
  "relative mt-0.5 size-4.5 shrink-0 cursor-pointer appearance-none border border-control bg-surface transition-colors checked:border-accent disabled:cursor-not-allowed disabled:opacity-50";

interface ChoiceProps extends Omit<ComponentProps<"input">, "type"> {
  label: ReactNode;
  /** A second line; part of the control's description. */
  hint?: ReactNode;
}

/** A box to tick, with its words. The whole line can be pressed. */
export function Checkbox({ label, hint, className, ...props }: ChoiceProps) {
  return (
    <label
      className={cn(
        "flex cursor-pointer items-start gap-3 text-sm touch:min-h-11 touch:py-2",
        props.disabled && "cursor-not-allowed",
        className,
      )}
    >
      <input
        type="checkbox"
        className={cn(
          mark,
          "rounded-sm checked:bg-accent",
          "after:absolute after:inset-0 after:hidden after:text-center after:text-xs after:leading-4 after:font-bold after:text-on-accent after:content-['✓'] checked:after:block",
        )}
        {...props}
      />
      <Words label={label} hint={hint} />
    </label>
  );
}

/** One of several, with its words. Give those that belong together one `name`. */
export function Radio({ label, hint, className, ...props }: ChoiceProps) {
  return (
    <label
      className={cn(
        "flex cursor-pointer items-start gap-3 text-sm touch:min-h-11 touch:py-2",
        className,
      )}
    >
      <input
        type="radio"
        className={cn(mark, "rounded-full checked:border-[5.5px] checked:bg-on-accent")}
        {...props}
      />
      <Words label={label} hint={hint} />
    </label>
  );
}

function Words({ label, hint }: { label: ReactNode; hint?: ReactNode }) {
  return (
    <span className="min-w-0 leading-5.5">
      <span className="font-medium">{label}</span>
      {hint && <span className="block text-[0.8125rem] leading-5 text-subtle">{hint}</span>}
    </span>
  );
}

/** A group of choices under one name. */
export function Choices({
  legend,
  error,
  children,
  className,
}: {
  legend: ReactNode;
  error?: ReactNode;
  children: ReactNode;
  className?: string;
}) {
  return (
    <fieldset className={cn("min-w-0", className)}>
      <legend className="mb-1.5 text-sm font-medium">{legend}</legend>
      <div className="space-y-2.5 touch:space-y-0">{children}</div>
      {error && (
        <p role="alert" className="mt-1.5 text-[0.8125rem] text-danger">
          {error}
        </p>
      )}
    </fieldset>
  );
}

/** A few choices side by side, of which one holds. */
export function Segmented<T extends string>({
  label,
  value,
  options,
  onChange,
}: {
  label: string;
  value: T;
  options: readonly { id: T; label: ReactNode }[];
  onChange: (id: T) => void;
}) {
  return (
    <div
      role="group"
      aria-label={label}
      className="flex max-w-full gap-0.5 overflow-x-auto rounded-md bg-active p-0.5"
    >
      {options.map((option) => (
        <button
          key={option.id}
          type="button"
          aria-pressed={value === option.id}
          onClick={() => onChange(option.id)}
          className={cn(
            "h-7 shrink-0 rounded-sm px-3 text-[0.8125rem] font-medium transition-colors touch:h-10",
            value === option.id
              ? "bg-surface text-fg shadow-sm dark:bg-control/60"
              : "text-muted hover:text-fg",
          )}
        >
          {option.label}
        </button>
      ))}
    </div>
  );
}
