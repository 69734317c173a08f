import { describe, expect, it } from "vitest";
import {
  append,
  branchPosition,
  messagesOf,
  refreshNewest,
  remove,
  replace,
  truncateAfter,
  type Branch,
} from "./branch";
import type { Message } from "./types";

const message = (id: string, siblings = [id]): Message => ({
  id,
  conversation_id: "conv_1",
  role: "user",
  parts: [{ type: "text", text: id }],
  sibling_ids: siblings,
  created_at: "2026-01-01T00:00:00Z",
});
const page = (ids: string[], next_cursor: string | null = null) => ({
  data: ids.map((id) => message(id)),
  next_cursor,
});
const ids = (branch: Branch) => messagesOf(branch).map((m) => m.id);

/** m1 … m6, two to a page, newest first. */
const branch: Branch = {
  pages: [page(["m6", "m5"], "c1"), page(["m4", "m3"], "c2"), page(["m2", "m1"])],
  pageParams: [null, "c1", "c2"],
};

describe("branch", () => {
  it("reads oldest first, each once", () => {
    expect(ids(branch)).toEqual(["m1", "m2", "m3", "m4", "m5", "m6"]);
    expect(ids({ ...branch, pages: [...branch.pages, page(["m1"])] })).toHaveLength(6);
    expect(messagesOf(undefined)).toEqual([]);
  });

  it("cuts after a message anywhere, keeping older pages and their cursors", () => {
    const cut = truncateAfter(branch, "m3");
    expect(ids(cut)).toEqual(["m1", "m2", "m3"]);
    expect(cut.pageParams).toEqual([null, "c2"]);
    expect(cut.pages[0]?.next_cursor).toBe("c2");
    expect(ids(truncateAfter(branch, null))).toEqual([]);
    expect(truncateAfter(branch, "elsewhere")).toBe(branch);
  });

  it("appends in order and replaces what it knows", () => {
    expect(ids(append(branch, [message("m7"), message("m8")])).slice(-3)).toEqual([
      "m6",
      "m7",
      "m8",
    ]);
    const updated = append(branch, [{ ...message("m6"), role: "assistant" }]);
    expect(ids(updated)).toEqual(ids(branch));
    expect(messagesOf(updated).at(-1)?.role).toBe("assistant");
    expect(ids(append({ pages: [], pageParams: [] }, [message("m1")]))).toEqual(["m1"]);
  });

  it("leaves untouched pages as they are", () => {
    const changed = replace(branch, { ...message("m4"), role: "assistant" });
    expect(changed.pages[0]).toBe(branch.pages[0]);
    expect(changed.pages[2]).toBe(branch.pages[2]);
    expect(replace(branch, message("elsewhere"))).toBe(branch);
    expect(remove(branch, "elsewhere")).toBe(branch);
    expect(ids(remove(branch, "m2"))).not.toContain("m2");
  });

  it("lays a fresh page over what it overlaps", () => {
    const fresh = page(["m8", "m7", "m6", "m5"], "c1");
    const merged = refreshNewest(branch, fresh);
    expect(ids(merged)).toEqual(["m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8"]);
    expect(merged.pages[0]?.next_cursor).toBe("c1");
    const inside = refreshNewest(branch, page(["m6", "m5", "m4"], "cx"));
    expect(ids(inside)).toEqual(["m1", "m2", "m3", "m4", "m5", "m6"]);
  });

  it("starts over when the fresh page has forked away or is the whole branch", () => {
    expect(ids(refreshNewest(branch, page(["x3", "x2"], "cx")))).toEqual(["x2", "x3"]);
    expect(ids(refreshNewest(branch, page(["m1"])))).toEqual(["m1"]);
    expect(ids(refreshNewest(undefined, page(["m2", "m1"])))).toEqual(["m1", "m2"]);
  });

  it("finds the neighbours among siblings", () => {
    expect(branchPosition(message("b", ["a", "b", "c"]))).toEqual({
      position: 2,
      count: 3,
      previousId: "a",
      nextId: "c",
    });
    expect(branchPosition(message("a", []))).toEqual({
      position: 1,
      count: 1,
      previousId: null,
      nextId: null,
    });
  });
});
