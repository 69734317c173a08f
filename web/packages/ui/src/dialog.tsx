import { Dialog as Base } from "@base-ui/react/dialog";
import { X } from "lucide-react";
import type { ReactNode } from "react";
import { cn } from "./cn";

/** For windows that aren't shaped like `Dialog`. */
export { Base as DialogPrimitive };

export interface DialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: ReactNode;
  /** Keeps the title for assistive technology only. */
  hideTitle?: boolean;
  description?: ReactNode;
  children?: ReactNode;
  /** Buttons, the main one last. */
  footer?: ReactNode;
  /** Names the button that closes; absent: no such button. */
  closeLabel?: string;
  /** `true` asks for a decision: a press outside doesn't close. */
  strict?: boolean;
  className?: string;
}

/** A modal window. On phones it sits at the bottom, within reach of a thumb. */
export function Dialog({
  open,
  onOpenChange,
  title,
  hideTitle,
  description,
  children,
  footer,
  closeLabel,
  strict,
  className,
}: DialogProps) {
  return (
    <Base.Root open={open} onOpenChange={onOpenChange} disablePointerDismissal={strict}>
      <Base.Portal>
        <Base.Backdrop className="fixed inset-0 z-50 animate-fade bg-backdrop" />
        <Base.Viewport className="fixed inset-0 z-50 grid items-end justify-items-center p-3 sm:items-center sm:p-6">
          <Base.Popup
            className={cn(
              "flex max-h-full w-full max-w-md animate-rise flex-col overflow-hidden rounded-xl border border-line bg-raised text-fg shadow-lg outline-none",
              className,
            )}
          >
            <div className={cn("flex items-start gap-3 px-5 pt-4.5 pb-1", hideTitle && "sr-only")}>
              <div className="min-w-0 flex-1">
                <Base.Title className="text-base font-semibold">{title}</Base.Title>
                {description && (
                  <Base.Description className="mt-1 text-sm text-muted">
                    {description}
                  </Base.Description>
                )}
              </div>
              {closeLabel && (
                <Base.Close
                  aria-label={closeLabel}
                  className="-me-2 -mt-1 grid size-8 shrink-0 place-items-center rounded-md text-muted hover:bg-hover hover:text-fg touch:-mt-2.5 touch:size-11"
                >
                  <X size={17} aria-hidden />
                </Base.Close>
              )}
            </div>
            {children && <div className="min-h-0 flex-1 overflow-y-auto px-5 py-3">{children}</div>}
            {footer && (
              <div className="flex flex-wrap justify-end gap-2 px-5 pt-2 pb-5">{footer}</div>
            )}
          </Base.Popup>
        </Base.Viewport>
      </Base.Portal>
    </Base.Root>
  );
}
