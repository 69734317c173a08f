import { toastStore } from "@parlance/ui";
import { useSyncExternalStore } from "react";

let spoken = false;
toastStore.subscribe(() => {
  spoken = true;
});

/** Whether anything was ever said; until then the toaster isn't even loaded. */
export function useToasts(): boolean {
  return useSyncExternalStore(toastStore.subscribe, () => spoken);
}
