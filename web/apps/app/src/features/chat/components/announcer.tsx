import { useSyncExternalStore } from "react";
import { announcements } from "../announcements";

/**
 * Tells screen readers that an answer began and, once, what it says. The text itself is not a live
 * region: read out word by word as it streams it would be noise.
 */
export function Announcer() {
  const text = useSyncExternalStore(announcements.subscribe, announcements.get);
  return (
    <div role="status" className="sr-only">
      {text}
    </div>
  );
}
