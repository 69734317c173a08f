import { i18n } from "@lingui/core";
import { beforeEach, expect, test } from "vitest";
import {
  formatBytes,
  formatDay,
  formatDuration,
  formatRelative,
  formatUntil,
  formatUsd,
  usdDigits,
} from "./format";

beforeEach(() => i18n.loadAndActivate({ locale: "en", messages: {} }));

test.each([
  ["0", "$0.00"],
  ["12.5", "$12.50"],
  ["1.239", "$1.24"],
  ["0.04213", "$0.042"],
  ["0.000123456", "$0.00012"],
  ["0.000000001", "$0.000000001"],
])("%s dollars read as %s", (amount, expected) => {
  expect(formatUsd(amount)).toBe(expected);
});

test("small amounts keep two significant digits, never more than the nano-dollar", () => {
  expect([2, 0.5, 0.05, 0.005, 1e-12].map(usdDigits)).toEqual([2, 2, 3, 4, 9]);
});

test("money follows the language", () => {
  i18n.loadAndActivate({ locale: "vi", messages: {} });
  expect(formatUsd("12.5")).toMatch(/12,50/);
});

test("bytes use the largest unit that fits", () => {
  expect([0, 1023, 1536, 5 * 1024 ** 2].map(formatBytes)).toEqual(["0B", "1,023B", "1.5kB", "5MB"]);
});

test("durations: tenths below ten seconds, minutes from sixty", () => {
  expect([820, 12_400, 125_000].map(formatDuration)).toEqual(["0.8s", "12s", "2m 5s"]);
});

test("a day of a UTC period isn't moved by the local time zone", () => {
  expect(formatDay("2026-11-01")).toBe("Nov 1");
});

test("relative times pick the largest unit", () => {
  const now = Date.parse("2026-11-21T12:00:00Z");
  const ago = (seconds: number) =>
    formatRelative(new Date(now - seconds * 1000).toISOString(), now);
  expect(ago(20)).toBe("now");
  expect(ago(5 * 60)).toBe("5 minutes ago");
  expect(ago(26 * 3600)).toBe("yesterday");
  expect(ago(15 * 86_400)).toBe("2 weeks ago");
});

test.each([
  ["2026-11-30T13:00:00Z", "in 9 days"],
  ["2026-11-22T20:00:00Z", "in 32 hours"],
  ["2026-11-21T12:05:20Z", "in 5 minutes"],
  ["2026-11-21T12:00:42Z", "in 42 seconds"],
  ["2026-11-21T11:00:00Z", "in 0 seconds"],
])("what ends at %s is over %s", (iso, expected) => {
  expect(formatUntil(iso, Date.parse("2026-11-21T12:00:00Z"))).toBe(expected);
});
