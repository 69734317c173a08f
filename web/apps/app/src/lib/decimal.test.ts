import { expect, test } from "vitest";
import { readCount, readPositiveUsd, readUsd } from "./decimal";

test.each([
  ["12.5", "12.5"],
  [" $12.50 ", "12.50"],
  ["12,50", "12.50"],
  ["007", "7"],
  ["0.000000001", "0.000000001"],
  ["25 USD", "25"],
  ["1,000", null],
  ["1e3", null],
  ["-5", null],
  ["", null],
  [".5", null],
  ["0.0000000001", null],
])("the amount %j is %j", (text, expected) => {
  expect(readUsd(text)).toBe(expected);
});

test("a cap of nothing is no cap", () => {
  expect(readPositiveUsd("0.00")).toBeNull();
  expect(readPositiveUsd("0.01")).toBe("0.01");
});

test.each([
  ["60", 60],
  ["", null],
  ["0", undefined],
  ["1.5", undefined],
  ["60k", undefined],
  ["99999999999", undefined],
])("the count %j is %j", (text, expected) => {
  expect(readCount(text)).toBe(expected);
});
