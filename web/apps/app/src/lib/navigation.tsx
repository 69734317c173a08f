/**
 * Moving between places. The address bar is the only state; `places.logic.ts` says what it means.
 * Built on wouter's location hooks: a full router would take a fifth of the first route's budget for
 * ten static routes.
 */
import { getSession } from "@parlance/api";
import type { ComponentProps, MouseEvent } from "react";
import { navigate as go, usePathname, useSearch } from "wouter/use-browser-location";
import { cn } from "@parlance/ui";
import {
  hrefOf,
  readPlace,
  withinWorkspace,
  workspaceOf,
  type Place,
  type Target,
} from "./places.logic";

export interface NavigateOptions extends Target {
  replace?: boolean;
}

/** The address as of this tab's workspace. */
function here(href: string): string {
  const workspace = getSession().session?.workspace;
  return workspace ? withinWorkspace(href, workspace.id) : href;
}

/** Resolves when the new place is on screen or loading; await it before acting on the new page. */
export async function navigate({ replace, ...target }: NavigateOptions): Promise<void> {
  go(here(hrefOf(target)), { replace });
}

/** Makes the address name this tab's workspace, and no other. */
export function nameWorkspace(): void {
  go(here(currentHref()), { replace: true });
}

/** For an address that is complete already, such as the one kept over a login. */
export function navigateTo(href: string, options?: { replace?: boolean }): void {
  go(href, options);
}

export function currentHref(): string {
  return location.pathname + location.search;
}

export function useNavigate(): typeof navigate {
  return navigate;
}

export function usePlace(): Place {
  return readPlace(usePathname());
}

/** The workspace that the address names. */
export function useNamedWorkspace(): string | undefined {
  return workspaceOf(usePathname());
}

/** The parameters of the current place. */
export function useParams(): { conversationId: string | undefined } {
  const place = usePlace();
  return { conversationId: place.page === "chat" ? place.conversationId : undefined };
}

export function useQueryParameters(): URLSearchParams {
  return new URLSearchParams(useSearch());
}

let preload: (href: string) => void = () => undefined;
/** Tells how to fetch the code of a place when a link to it is approached. */
export function setPreload(load: (href: string) => void): void {
  preload = load;
}

export interface LinkProps extends Omit<ComponentProps<"a">, "href">, Target {
  replace?: boolean;
  /** Class names while this is, or is not, the current path. */
  activeClassName?: string;
  inactiveClassName?: string;
}

export function Link({
  to,
  params,
  search,
  replace,
  activeClassName,
  inactiveClassName,
  className,
  onClick,
  children,
  ...props
}: LinkProps) {
  const href = here(hrefOf({ to, params, search }));
  const active = usePathname() === href.split("?")[0];
  const follow = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event);
    // Presses that mean "in a new tab" or "save" belong to the browser.
    const plain =
      event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    if (event.defaultPrevented || !plain || (props.target && props.target !== "_self")) return;
    event.preventDefault();
    navigateTo(href, { replace });
  };
  return (
    <a
      aria-current={active ? "page" : undefined}
      onPointerEnter={() => preload(href)}
      onFocus={() => preload(href)}
      {...props}
      href={href}
      onClick={follow}
      className={cn(className, active ? activeClassName : inactiveClassName)}
    >
      {children}
    </a>
  );
}
