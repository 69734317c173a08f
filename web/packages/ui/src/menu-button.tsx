/**
 * A button that opens a menu. The menu's code (positioning, focus, typeahead) is fetched on the first
 * hint of interest, so that a page full of menus costs nothing until one is wanted.
 */
import {
  lazy,
  Suspense,
  useRef,
  useState,
  type ComponentProps,
  type ReactElement,
  type ReactNode,
} from "react";

const load = () => import("./menu");
const Menu = lazy(load);

export interface MenuAction {
  label: ReactNode;
  icon?: ReactNode;
  onSelect: () => void;
  danger?: boolean;
  disabled?: boolean;
  /** Present: the item is one of a choice, and this tells whether it is the chosen one. */
  checked?: boolean;
  /** Keys to show at the end, as in `Kbd`. */
  keys?: string;
  /** A second, quieter line. */
  detail?: ReactNode;
}
export type MenuEntry =
  | MenuAction
  | "separator"
  | { heading: ReactNode }
  | { label: ReactNode; icon?: ReactNode; submenu: MenuEntry[] };

export interface MenuButtonProps extends Omit<ComponentProps<"button">, "onSelect"> {
  items: MenuEntry[] | (() => MenuEntry[]);
  side?: "top" | "bottom" | "left" | "right";
  align?: "start" | "center" | "end";
  /** Shown above the items. */
  header?: ReactNode;
  /** Makes the popup at least as wide as the button. */
  matchWidth?: boolean;
  onOpenChange?: (open: boolean) => void;
}

export function MenuButton({
  items,
  side = "bottom",
  align = "start",
  header,
  matchWidth,
  onOpenChange,
  onPointerEnter,
  onFocus,
  onClick,
  onKeyDown,
  ...props
}: MenuButtonProps): ReactElement {
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const change = (next: boolean) => {
    setOpen(next);
    onOpenChange?.(next);
  };
  return (
    <>
      <button
        ref={button}
        type="button"
        aria-haspopup="menu"
        aria-expanded={open}
        data-open={open || undefined}
        onPointerEnter={(event) => {
          void load();
          onPointerEnter?.(event);
        }}
        onFocus={(event) => {
          void load();
          onFocus?.(event);
        }}
        onClick={(event) => {
          onClick?.(event);
          if (!event.defaultPrevented) change(!open);
        }}
        onKeyDown={(event) => {
          onKeyDown?.(event);
          if (event.key === "ArrowDown" && !open) {
            event.preventDefault();
            change(true);
          }
        }}
        {...props}
      />
      {open && (
        <Suspense fallback={null}>
          <Menu
            anchor={button}
            items={typeof items === "function" ? items() : items}
            side={side}
            align={align}
            header={header}
            matchWidth={matchWidth}
            onClose={() => change(false)}
          />
        </Suspense>
      )}
    </>
  );
}
