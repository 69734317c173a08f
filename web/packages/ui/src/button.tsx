import type { ComponentProps, ReactNode } from "react";
import { cn } from "./cn";
import { Spinner } from "./feedback";

export type ButtonVariant = "primary" | "secondary" | "ghost" | "danger" | "danger-ghost";
export type ButtonSize = "sm" | "md" | "lg";

const base =
  "inline-flex select-none items-center justify-center gap-2 rounded-md font-medium whitespace-nowrap " +
  "transition-colors duration-100 disabled:pointer-events-none disabled:opacity-50 " +
  "aria-disabled:pointer-events-none aria-disabled:opacity-50";

const variants: Record<ButtonVariant, string> = {
  primary: "bg-accent text-on-accent shadow-sm hover:bg-accent-hover",
  secondary: "border border-line-strong bg-surface text-fg shadow-sm hover:bg-hover",
  ghost: "text-muted hover:bg-hover hover:text-fg",
  danger: "bg-danger text-on-danger shadow-sm hover:bg-danger-hover",
  "danger-ghost": "text-danger hover:bg-danger-soft",
};

const sizes: Record<ButtonSize, string> = {
  sm: "h-8 px-3 text-[0.8125rem] touch:h-11",
  md: "h-9 px-3.5 text-sm touch:h-11",
  lg: "h-11 px-5 text-[0.9375rem]",
};

/** The classes of a button, for links that look like one. */
export function buttonClass(variant: ButtonVariant = "secondary", size: ButtonSize = "md"): string {
  return cn(base, variants[variant], sizes[size]);
}

export interface ButtonProps extends ComponentProps<"button"> {
  variant?: ButtonVariant;
  size?: ButtonSize;
  /** Shows a spinner and refuses presses; the label stays for screen readers and keeps the width. */
  pending?: boolean;
}

export function Button({
  variant = "secondary",
  size = "md",
  pending = false,
  className,
  children,
  type = "button",
  disabled,
  ...props
}: ButtonProps) {
  return (
    <button
      type={type}
      disabled={disabled || pending}
      aria-busy={pending || undefined}
      className={cn(buttonClass(variant, size), "relative", className)}
      {...props}
    >
      {pending && (
        <span className="absolute inset-0 grid place-items-center">
          <Spinner />
        </span>
      )}
      <span className={cn("contents", pending && "[&>*]:invisible")}>
        {pending ? <span>{children}</span> : children}
      </span>
    </button>
  );
}

export interface IconButtonProps extends Omit<ComponentProps<"button">, "aria-label"> {
  /** Names the button to assistive technology and in the tooltip. */
  label: string;
  /** Keys to show in the tooltip, as in `Kbd`. */
  keys?: string;
  size?: "sm" | "md";
  variant?: "ghost" | "solid" | "outline";
  children: ReactNode;
}

const iconVariants = {
  ghost: "text-muted hover:bg-hover hover:text-fg aria-pressed:bg-active aria-pressed:text-fg",
  outline: "border border-line-strong bg-surface text-fg hover:bg-hover",
  solid: "bg-accent text-on-accent hover:bg-accent-hover",
};

/** A square button with an icon (16–18 px) as its only content. */
export function IconButton({
  label,
  keys,
  size = "md",
  variant = "ghost",
  className,
  type = "button",
  ...props
}: IconButtonProps) {
  return (
    <button
      type={type}
      aria-label={label}
      data-tooltip={label}
      data-tooltip-keys={keys}
      className={cn(
        "inline-grid shrink-0 place-items-center rounded-md transition-colors duration-100 disabled:pointer-events-none disabled:opacity-45 touch:size-11",
        size === "sm" ? "size-7" : "size-9",
        iconVariants[variant],
        className,
      )}
      {...props}
    />
  );
}
