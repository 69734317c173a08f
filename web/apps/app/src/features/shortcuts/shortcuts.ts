/**
 * The page's keyboard shortcuts. One listener; a feature registers its own while mounted, and the help
 * dialog lists what is registered. The latest registration of the same keys wins.
 */
import { useEffect, useRef, useSyncExternalStore } from "react";
import { firesWhileTyping, keysLabel, matchesKeys } from "./keys.logic";

export interface Shortcut {
  /** As in `keys.logic.ts`: "mod+k". */
  keys: string;
  /** What it does, in the current language, for the help dialog. Absent: not listed. */
  label?: string;
  /** Heading in the help dialog. */
  group?: string;
  /** Return `false` to let the browser have the press. */
  run?: (event: KeyboardEvent) => boolean | void;
}

export const isApple = /mac|iphone|ipad/i.test(globalThis.navigator?.platform ?? "");
export const showKeys = (keys: string) => keysLabel(keys, isApple);

let shortcuts: readonly Shortcut[] = [];
const listeners = new Set<() => void>();

function set(next: readonly Shortcut[]) {
  shortcuts = next;
  for (const listener of listeners) listener();
}

/** Adds shortcuts; call the result to remove them. Without `run` they are only listed in the help. */
export function registerShortcuts(added: Shortcut[]): () => void {
  set([...shortcuts, ...added]);
  return () => set(shortcuts.filter((shortcut) => !added.includes(shortcut)));
}

/** Registers shortcuts while the component is mounted; the handlers may change at every render. */
export function useShortcuts(added: Shortcut[]): void {
  const latest = useRef(added);
  useEffect(() => {
    latest.current = added;
  });
  const signature = added.map(({ keys, label, group }) => `${keys}|${label}|${group}`).join("\n");
  useEffect(
    () =>
      registerShortcuts(
        latest.current.map((shortcut, index) => ({
          ...shortcut,
          run: shortcut.run && ((event) => latest.current[index]?.run?.(event)),
        })),
      ),
    [signature],
  );
}

export function useShortcutList(): readonly Shortcut[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => shortcuts,
  );
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(input|textarea|select)$/i.test(target.tagName))
  );
}

/** Starts the page's one listener. */
export function installShortcuts(): void {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing) return;
    const typing = isTyping(event.target);
    for (const shortcut of shortcuts.toReversed()) {
      if (!shortcut.run || !matchesKeys(shortcut.keys, event, isApple)) continue;
      if (typing && !firesWhileTyping(shortcut.keys)) continue;
      if (shortcut.run(event) === false) continue;
      event.preventDefault();
      return;
    }
  });
}
