/** Whether the sidebar stands open: beside the page (remembered), or over it on small screens. */
import { useSyncExternalStore } from "react";

const STORAGE_KEY = "parlance.sidebar";
const wide = globalThis.matchMedia?.("(min-width: 48rem)");
const listeners = new Set<() => void>();

interface SidebarState {
  /** There is room for it beside the page. */
  wide: boolean;
  /** Open beside the page. */
  expanded: boolean;
  /** Open over the page; only when not wide. */
  drawer: boolean;
}

let state: SidebarState = { wide: wide?.matches ?? true, expanded: read(), drawer: false };

function read(): boolean {
  try {
    return localStorage.getItem(STORAGE_KEY) !== "collapsed";
  } catch {
    return true;
  }
}

function set(change: Partial<SidebarState>) {
  state = { ...state, ...change };
  for (const listener of listeners) listener();
}

wide?.addEventListener("change", () => set({ wide: wide.matches, drawer: false }));

export function toggleSidebar(): void {
  if (!state.wide) return set({ drawer: !state.drawer });
  const expanded = !state.expanded;
  try {
    localStorage.setItem(STORAGE_KEY, expanded ? "expanded" : "collapsed");
  } catch {
    // Storage is forbidden: the choice holds until the page is closed.
  }
  set({ expanded });
}

export function closeDrawer(): void {
  if (state.drawer) set({ drawer: false });
}

function subscribe(listener: () => void) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useSidebar(): SidebarState {
  return useSyncExternalStore(subscribe, () => state);
}
