/**
 * Keyboard shortcuts as text: "mod+k", "shift+?", "mod+shift+o", "escape". `mod` is ⌘ on Apple systems
 * and Ctrl elsewhere. The last word is `KeyboardEvent.key` in lower case.
 */
export interface KeyPress {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
}

export function matchesKeys(keys: string, event: KeyPress, apple: boolean): boolean {
  const words = keys.split("+");
  const key = words.at(-1) ?? "";
  const has = (word: string) => words.slice(0, -1).includes(word);
  const mod = apple ? event.metaKey : event.ctrlKey;
  const otherMod = apple ? event.ctrlKey : event.metaKey;
  if (mod !== has("mod") || otherMod || event.altKey !== has("alt")) return false;
  // A printed sign such as "?" needs Shift on some layouts and not on others: the sign decides.
  const sign = key.length === 1 && !/[a-z0-9]/.test(key);
  if (!sign && event.shiftKey !== has("shift")) return false;
  return event.key.toLowerCase() === key;
}

/** Shortcuts without a modifier must not fire while somebody types. */
export function firesWhileTyping(keys: string): boolean {
  return keys.startsWith("mod+") || keys === "escape";
}

const APPLE: Record<string, string> = { mod: "⌘", shift: "⇧", alt: "⌥" };
const OTHER: Record<string, string> = { mod: "Ctrl", shift: "Shift", alt: "Alt" };
const NAMES: Record<string, string> = {
  escape: "Esc",
  enter: "↵",
  arrowup: "↑",
  arrowdown: "↓",
  backspace: "⌫",
  " ": "Space",
};

/** "mod+shift+o" → ["⌘", "⇧", "O"] or ["Ctrl", "Shift", "O"]. */
export function keyCaps(keys: string, apple: boolean): string[] {
  const words = keys.split("+");
  return words
    .filter((word, index) => !(word === "shift" && words[index + 1] === "?"))
    .map((word) => (apple ? APPLE : OTHER)[word] ?? NAMES[word] ?? word.toUpperCase());
}

/** The same as one short text, for menus and tooltips. */
export function keysLabel(keys: string, apple: boolean): string {
  return keyCaps(keys, apple).join(apple ? "" : "+");
}
