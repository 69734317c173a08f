/** Light, dark, or as the system says. `public/theme.js` does the first paint; this takes over. */
import { useSyncExternalStore } from "react";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const STORAGE_KEY = "parlance.theme";
const CANVAS = { light: "#fbfbf9", dark: "#161918" };
const systemDark = globalThis.matchMedia?.("(prefers-color-scheme: dark)");
const listeners = new Set<() => void>();

let theme: Theme = read();

function read(): Theme {
  try {
    const stored = localStorage.getItem(STORAGE_KEY);
    return THEMES.find((known) => known === stored) ?? "system";
  } catch {
    return "system";
  }
}

export function isDark(): boolean {
  return theme === "dark" || (theme === "system" && (systemDark?.matches ?? false));
}

function apply() {
  const appearance = isDark() ? "dark" : "light";
  document.documentElement.dataset.theme = appearance;
  document.querySelector('meta[name="theme-color"]')?.setAttribute("content", CANVAS[appearance]);
  for (const listener of listeners) listener();
}

export function setTheme(next: Theme): void {
  theme = next;
  try {
    localStorage.setItem(STORAGE_KEY, next);
  } catch {
    // Storage is forbidden: the choice holds until the page is closed.
  }
  apply();
}

export function installTheme(): void {
  apply();
  systemDark?.addEventListener("change", apply);
  addEventListener("storage", (event) => {
    if (event.key !== STORAGE_KEY) return;
    theme = read();
    apply();
  });
}

function subscribe(listener: () => void) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useTheme(): Theme {
  return useSyncExternalStore(subscribe, () => theme);
}
