import { describe, expect, it } from "vitest";
import { archiveName } from "./archive.logic";

describe("archiveName", () => {
  it.each([
    ["Acme Research", "acme-research-2026-11-22.zip"],
    ["Thiết kế / UI", "thiết-kế-ui-2026-11-22.zip"],
    ["../..", "workspace-2026-11-22.zip"],
    ["", "workspace-2026-11-22.zip"],
  ])("of “%s” is %s", (workspace, name) => {
    expect(archiveName(workspace, new Date("2026-11-22T10:00:00Z"))).toBe(name);
  });
});
