import { describe, expect, it } from "vitest";
import {
  acceptFiles,
  composerAction,
  editsLastOn,
  MAX_IMAGE_BYTES,
  MAX_IMAGES,
  submitsOn,
  type Attachment,
  type KeyLike,
} from "./composer.logic";

const key = (name: string, extra: Partial<KeyLike> = {}): KeyLike => ({
  key: name,
  shiftKey: false,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  isComposing: false,
  ...extra,
});

describe("keys", () => {
  it("sends on Enter, but not on a new line or while composing", () => {
    expect(submitsOn(key("Enter"))).toBe(true);
    expect(submitsOn(key("Enter", { metaKey: true }))).toBe(true);
    expect(submitsOn(key("Enter", { shiftKey: true }))).toBe(false);
    expect(submitsOn(key("Enter", { isComposing: true }))).toBe(false);
    expect(submitsOn(key("Enter", { keyCode: 229 }))).toBe(false);
    expect(submitsOn(key("a"))).toBe(false);
  });

  it("edits the last message on ↑ in an empty composer only", () => {
    expect(editsLastOn(key("ArrowUp"), "")).toBe(true);
    expect(editsLastOn(key("ArrowUp"), "text")).toBe(false);
    expect(editsLastOn(key("ArrowUp", { shiftKey: true }), "")).toBe(false);
  });
});

const file = (name: string, type: string, size = 10) => {
  const made = new File(["x"], name, { type });
  Object.defineProperty(made, "size", { value: size });
  return made;
};

describe("acceptFiles", () => {
  it("takes images up to the limits and says why not", () => {
    const { accepted, refused } = acceptFiles(
      [
        file("a.png", "image/png"),
        file("b.svg", "image/svg+xml"),
        file("c.jpg", "image/jpeg", MAX_IMAGE_BYTES + 1),
        file("d.webp", "image/webp"),
        file("e.gif", "image/gif"),
      ],
      MAX_IMAGES - 2,
    );
    expect(accepted.map((f) => f.name)).toEqual(["a.png", "d.webp"]);
    expect(refused.map(({ file: f, reason }) => [f.name, reason])).toEqual([
      ["b.svg", "type"],
      ["c.jpg", "size"],
      ["e.gif", "count"],
    ]);
  });
});

describe("composerAction", () => {
  const base = { key: "1", name: "a.png", preview: "", file: file("a.png", "image/png") };
  const uploading: Attachment = { ...base, status: "uploading", progress: 0.5 };
  const done: Attachment = {
    ...base,
    status: "done",
    id: "file_1",
    mediaType: "image/png",
    size: 1,
  };
  const failed: Attachment = { ...base, status: "failed", message: "no" };
  it.each([
    ["", [], false, "none"],
    ["  ", [], false, "none"],
    ["", [], true, "stop"],
    ["hi", [], false, "send"],
    ["", [done], false, "send"],
    ["hi", [], true, "queue"],
    ["hi", [uploading], false, "queue"],
    ["hi", [failed], false, "none"],
    ["hi", [failed], true, "stop"],
  ] as const)("%j with %o, running: %s → %s", (text, attachments, running, action) => {
    expect(composerAction({ text, attachments, running })).toBe(action);
  });
});
