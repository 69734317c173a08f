import type { UsageRow } from "@parlance/api";
import { expect, test } from "vitest";
import { bars, monthOf, monthRange, monthsUntil, niceScale, shiftMonth } from "./usage.logic";

const row = (key: string, cost_usd: string): UsageRow => ({
  key,
  label: key,
  runs: 1,
  input_tokens: 1,
  cached_input_tokens: 0,
  cache_write_tokens: 0,
  output_tokens: 1,
  reasoning_tokens: 0,
  cost_usd,
});

test("months are UTC and roll over years", () => {
  expect(monthOf(new Date("2026-12-31T23:59:59Z"))).toBe("2026-12");
  expect(shiftMonth("2026-12", 1)).toBe("2027-01");
  expect(shiftMonth("2026-01", -1)).toBe("2025-12");
});

test("a year of months can be chosen, and an older one stays on the list", () => {
  const months = monthsUntil("2026-11", "2026-11");
  expect([months[0], months.at(-1), months.length]).toEqual(["2026-11", "2025-11", 13]);
  expect(monthsUntil("2026-11", "2024-02").at(-1)).toBe("2024-02");
});

test("a month ends on its last day", () => {
  expect(monthRange("2026-11")).toEqual({ from: "2026-11-01", to: "2026-11-30" });
  expect(monthRange("2028-02").to).toBe("2028-02-29");
  expect(monthRange("2026-12").to).toBe("2026-12-31");
});

test("each day has a bar, used or not", () => {
  const all = bars([row("2026-11-02", "0.25")], "2026-11-01", "2026-11-03");
  expect(all.map(({ day, cost }) => [day, cost])).toEqual([
    ["2026-11-01", 0],
    ["2026-11-02", 0.25],
    ["2026-11-03", 0],
  ]);
});

test.each([
  [0.4634, 0.2, 0.6],
  [4, 1, 4],
  [0.0000071, 0.000002, 0.000008],
  [0, 0, 0],
])("an axis for %d steps by %d to %d", (max, step, end) => {
  const scale = niceScale(max);
  expect(scale.step).toBeCloseTo(step, 12);
  expect(scale.end).toBeCloseTo(end, 12);
});
