import { expect, test } from "vitest";
import { safeNext } from "./next.logic";

test.each(["/c/conv_1", "/settings/usage?month=1", "/"])("%s is kept", (next) => {
  expect(safeNext(next)).toBe(next);
});

test.each([
  "//evil.example",
  "/\\evil.example",
  "https://evil.example",
  "javascript:alert(1)",
  "/\t/evil.example",
  "/\n/evil.example",
  "",
  "c/conv_1",
  undefined,
  7,
])("%j leads to the start", (next) => {
  expect(safeNext(next)).toBe("/");
});

test("signing in doesn't lead back to signing in", () => {
  expect(safeNext("/login?next=/login")).toBe("/");
  expect(safeNext("/signup")).toBe("/");
  expect(safeNext("/login-help")).toBe("/login-help");
});
