import { expect, test } from "vitest";
import { toCsv } from "./csv.logic";

test("rows end as RFC 4180 has it, and quotes are doubled", () => {
  expect(
    toCsv([
      ["Model", "Cost"],
      [`He said "hi", twice`, { amount: "0.000000001" }],
    ]),
  ).toBe('Model,Cost\r\n"He said ""hi"", twice",0.000000001\r\n');
});

test.each([
  ["=1+1", "'=1+1"],
  ["+1", "'+1"],
  ["-1", "'-1"],
  ["@SUM(A1)", "'@SUM(A1)"],
  ["\t=1", '"\'\t=1"'],
  ["\r=1", '"\'\r=1"'],
  ["  =1", "'  =1"],
  ["＝1", "'＝1"],
  ["a=1", "a=1"],
])("%j can't become a formula", (text, expected) => {
  expect(toCsv([[text]])).toBe(`${expected}\r\n`);
});

test("numbers stay numbers, also below nothing", () => {
  expect(toCsv([[-5, { amount: "-0.25" }]])).toBe("-5,-0.25\r\n");
  expect(toCsv([[{ amount: "=cmd()" }]])).toBe("'=cmd()\r\n");
});
