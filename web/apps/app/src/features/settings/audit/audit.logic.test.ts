import { describe, expect, it } from "vitest";
import { changes, EVERYTHING, isNarrowed, searchOf } from "./audit.logic";

describe("searchOf", () => {
  it("asks for everything unless told", () => {
    expect(searchOf(EVERYTHING)).toEqual({});
    expect(isNarrowed(EVERYTHING)).toBe(false);
  });
  it("includes the last day", () => {
    const search = searchOf({
      area: "member",
      actor: "user_1",
      from: "2026-02-28",
      until: "2026-02-28",
    });
    expect(search.action).toBe("member.*");
    expect(search.actor).toBe("user_1");
    const hours = (Date.parse(search.until ?? "") - Date.parse(search.from ?? "")) / 3_600_000;
    expect(hours).toBe(24);
  });
});

describe("changes", () => {
  it("shows what differs", () => {
    expect(changes({ role: "member", name: "x" }, { role: "admin", name: "x" })).toEqual([
      { field: "role", before: "member", after: "admin" },
    ]);
  });
  it("shows all of a thing that came or went", () => {
    expect(changes(null, { name: "x", models: ["a"], end: null })).toEqual([
      { field: "name", before: null, after: "x" },
      { field: "models", before: null, after: '["a"]' },
      { field: "end", before: null, after: "–" },
    ]);
    expect(changes({ name: "x" }, null)).toEqual([{ field: "name", before: "x", after: null }]);
    expect(changes(null, null)).toEqual([]);
  });
});
