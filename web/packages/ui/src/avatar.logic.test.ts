import { expect, test } from "vitest";
import { hueOf, initials } from "./avatar.logic";

test.each([
  ["Linh Nguyễn", "LN"],
  ["Trần Thị Bảo Ngọc", "TN"],
  ["đỗ", "Đ"],
  ["sam@example.com", "S"],
  ["sam.lee@example.com", "SL"],
  ["😀 Smile", "😀S"],
  ["  ", ""],
])("initials of %j are %j", (name, expected) => {
  expect(initials(name)).toBe(expected);
});

test("a hue stays with its id and tells ids apart", () => {
  expect(hueOf("user_a")).toBe(hueOf("user_a"));
  const hues = new Set(Array.from({ length: 50 }, (_, index) => hueOf(`user_${index}`)));
  expect(hues.size).toBeGreaterThan(35);
  for (const hue of hues) expect(hue).toBeLessThan(360);
});
