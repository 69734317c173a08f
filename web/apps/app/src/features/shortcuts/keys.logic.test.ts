import { describe, expect, test } from "vitest";
import { firesWhileTyping, keyCaps, keysLabel, matchesKeys } from "./keys.logic";

const press = (
  key: string,
  held: Partial<Record<"ctrl" | "meta" | "alt" | "shift", boolean>> = {},
) => ({
  key,
  ctrlKey: held.ctrl ?? false,
  metaKey: held.meta ?? false,
  altKey: held.alt ?? false,
  shiftKey: held.shift ?? false,
});

describe("matchesKeys", () => {
  test("mod is Ctrl here and ⌘ there, and the other one doesn't count", () => {
    expect(matchesKeys("mod+k", press("k", { ctrl: true }), false)).toBe(true);
    expect(matchesKeys("mod+k", press("k", { meta: true }), false)).toBe(false);
    expect(matchesKeys("mod+k", press("k", { meta: true }), true)).toBe(true);
    expect(matchesKeys("mod+k", press("k", { meta: true, ctrl: true }), true)).toBe(false);
  });

  test("letters need exactly the modifiers that are named", () => {
    expect(matchesKeys("mod+shift+o", press("O", { ctrl: true, shift: true }), false)).toBe(true);
    expect(matchesKeys("mod+shift+o", press("o", { ctrl: true }), false)).toBe(false);
    expect(matchesKeys("mod+k", press("k", { ctrl: true, alt: true }), false)).toBe(false);
  });

  test("a sign counts however the layout makes it", () => {
    expect(matchesKeys("?", press("?", { shift: true }), false)).toBe(true);
    expect(matchesKeys("?", press("?"), false)).toBe(true);
  });
});

test("only shortcuts that can't be text fire while typing", () => {
  expect(["mod+k", "escape", "?", "n"].map(firesWhileTyping)).toEqual([true, true, false, false]);
});

test("keys are shown as the keyboard prints them", () => {
  expect(keyCaps("mod+shift+o", false)).toEqual(["Ctrl", "Shift", "O"]);
  expect(keysLabel("mod+shift+o", true)).toBe("⌘⇧O");
  expect(keysLabel("arrowup", false)).toBe("↑");
});
