import { expect, test } from "vitest";
import { assignableRoles, outranks } from "./roles.logic";

test("nobody gives a role above their own", () => {
  expect(assignableRoles("owner")).toEqual(["owner", "admin", "member", "guest"]);
  expect(assignableRoles("admin")).toEqual(["admin", "member", "guest"]);
});

test("nobody changes somebody above them", () => {
  expect(outranks("admin", "owner")).toBe(false);
  expect(outranks("admin", "admin")).toBe(true);
  expect(outranks("owner", "guest")).toBe(true);
});
