import { Menu as Base } from "@base-ui/react/menu";
import { Check, ChevronRight } from "lucide-react";
import type { ReactNode, RefObject } from "react";
import { cn } from "./cn";
import { Kbd } from "./feedback";
import type { MenuAction, MenuEntry } from "./menu-button";

export interface MenuProps {
  anchor: RefObject<HTMLElement | null>;
  items: MenuEntry[];
  side: "top" | "bottom" | "left" | "right";
  align: "start" | "center" | "end";
  header?: ReactNode;
  matchWidth?: boolean;
  onClose: () => void;
}

export const popupClass =
  "z-50 rounded-lg border border-line bg-raised text-fg shadow-lg outline-none animate-pop origin-[var(--transform-origin)]";
const itemClass =
  "flex min-h-8 cursor-default select-none items-center gap-2.5 rounded-md px-2.5 py-1 text-sm outline-none " +
  "data-highlighted:bg-hover data-disabled:opacity-45 touch:min-h-11";

/** The popup of a `MenuButton`; mounted while open. */
export default function Menu({
  anchor,
  items,
  side,
  align,
  header,
  matchWidth,
  onClose,
}: MenuProps) {
  return (
    <Base.Root open modal={false} onOpenChange={(open) => !open && onClose()}>
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
            finalFocus={anchor}
            className={cn(
              popupClass,
              "max-h-[min(var(--available-height),32rem)] max-w-[min(22rem,calc(100vw-1rem))] min-w-44 overflow-y-auto overscroll-contain p-1",
              matchWidth && "w-[max(var(--anchor-width),11rem)]",
            )}
          >
            {header && <div className="px-2.5 py-2">{header}</div>}
            {header && <Separator />}
            <Entries items={items} anchor={anchor} />
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}

function Separator() {
  return <Base.Separator className="-mx-1 my-1 h-px bg-line" />;
}

function Entries({ items, anchor }: Pick<MenuProps, "items" | "anchor">) {
  return items.map((entry, index) => {
    if (entry === "separator") return <Separator key={index} />;
    if ("heading" in entry) {
      return (
        <div key={index} className="px-2.5 pt-2 pb-1 text-xs font-medium text-subtle">
          {entry.heading}
        </div>
      );
    }
    if ("submenu" in entry) {
      return (
        <Base.SubmenuRoot key={index}>
          <Base.SubmenuTrigger className={cn(itemClass, "data-popup-open:bg-hover")}>
            {entry.icon && <Icon>{entry.icon}</Icon>}
            <span className="flex-1">{entry.label}</span>
            <ChevronRight size={15} className="text-subtle" aria-hidden />
          </Base.SubmenuTrigger>
          <Base.Portal>
            <Base.Positioner sideOffset={4} collisionPadding={8} className="z-50 outline-none">
              <Base.Popup finalFocus={anchor} className={cn(popupClass, "min-w-40 p-1")}>
                <Entries items={entry.submenu} anchor={anchor} />
              </Base.Popup>
            </Base.Positioner>
          </Base.Portal>
        </Base.SubmenuRoot>
      );
    }
    return <Item key={index} entry={entry} />;
  });
}

function Item({ entry }: { entry: MenuAction }) {
  const chosen = entry.checked !== undefined;
  const content = (
    <>
      {entry.icon && <Icon danger={entry.danger}>{entry.icon}</Icon>}
      <span className="min-w-0 flex-1">
        <span className="block truncate">{entry.label}</span>
        {entry.detail && <span className="block truncate text-xs text-subtle">{entry.detail}</span>}
      </span>
      {entry.keys && <Kbd className="touch:hidden">{entry.keys}</Kbd>}
      {chosen && (
        <Check size={16} aria-hidden className={cn("text-accent", !entry.checked && "invisible")} />
      )}
    </>
  );
  const className = cn(itemClass, entry.danger && "text-danger data-highlighted:bg-danger-soft");
  if (chosen) {
    return (
      <Base.CheckboxItem
        checked={entry.checked}
        closeOnClick
        disabled={entry.disabled}
        onClick={entry.onSelect}
        className={className}
      >
        {content}
      </Base.CheckboxItem>
    );
  }
  return (
    <Base.Item disabled={entry.disabled} onClick={entry.onSelect} className={className}>
      {content}
    </Base.Item>
  );
}

function Icon({ children, danger }: { children: ReactNode; danger?: boolean }) {
  return (
    <span aria-hidden className={cn("grid size-4.5 place-items-center", !danger && "text-muted")}>
      {children}
    </span>
  );
}
