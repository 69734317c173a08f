import { Popover as Base } from "@base-ui/react/popover";
import type { ReactNode, RefObject } from "react";
import { cn } from "./cn";
import { popupClass } from "./menu";

export interface PopoverProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  anchor: RefObject<HTMLElement | null>;
  label: string;
  side?: "top" | "bottom" | "left" | "right";
  align?: "start" | "center" | "end";
  className?: string;
  /** Where the focus goes first; the first control if absent. */
  initialFocus?: RefObject<HTMLElement | null>;
  children: ReactNode;
}

/** A panel tied to a button. Import lazily; the button belongs to the caller. */
export function Popover({
  open,
  onOpenChange,
  anchor,
  label,
  side = "bottom",
  align = "start",
  className,
  initialFocus,
  children,
}: PopoverProps) {
  return (
    <Base.Root open={open} onOpenChange={onOpenChange}>
      <Base.Portal>
        <Base.Positioner
          anchor={anchor}
          side={side}
          align={align}
          sideOffset={6}
          collisionPadding={8}
          className="z-50 outline-none"
        >
          <Base.Popup
            aria-label={label}
            finalFocus={anchor}
            initialFocus={initialFocus}
            className={cn(
              popupClass,
              "max-h-[var(--available-height)] max-w-[calc(100vw-1rem)] overflow-y-auto overscroll-contain p-4",
              className,
            )}
          >
            {children}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
