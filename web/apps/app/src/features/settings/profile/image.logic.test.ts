import { expect, test } from "vitest";
import { centredSquare, isAvatarType } from "./image.logic";

test("the square is the largest and in the middle", () => {
  expect(centredSquare(400, 300)).toEqual({ x: 50, y: 0, side: 300 });
  expect(centredSquare(301, 600)).toEqual({ x: 0, y: 149, side: 301 });
});

test("pictures only, and no scripts in disguise", () => {
  expect(isAvatarType("image/webp")).toBe(true);
  expect(isAvatarType("image/svg+xml")).toBe(false);
});
