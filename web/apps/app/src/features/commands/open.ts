/** Whether the palette or the shortcuts dialog is open. One at a time. */
import { useSyncExternalStore } from "react";

type Open = "palette" | "help" | null;
let open: Open = null;
const listeners = new Set<() => void>();

function set(next: Open) {
  open = next;
  for (const listener of listeners) listener();
}

export const openPalette = () => set("palette");
export const openHelp = () => set("help");
export const closeOverlay = () => set(null);

export function useOpenOverlay(): Open {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => open,
  );
}
