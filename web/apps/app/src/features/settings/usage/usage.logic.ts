/**
 * Calendar and scale for the usage page. Days are UTC calendar days as "2026-11-21"; months are
 * "2026-11". Amounts become floating point here for drawing only.
 */
import type { UsageRow } from "@parlance/api";

const DAY_MS = 86_400_000;

export function monthOf(now: Date): string {
  return now.toISOString().slice(0, 7);
}

export function shiftMonth(month: string, by: number): string {
  const [year = 0, number = 1] = month.split("-").map(Number);
  return monthOf(new Date(Date.UTC(year, number - 1 + by, 1)));
}

/** The last year of months, the newest first, and the one shown if it is older. */
export function monthsUntil(last: string, shown: string): string[] {
  const months = Array.from({ length: 13 }, (_, back) => shiftMonth(last, -back));
  return months.includes(shown) ? months : [...months, shown];
}

/** First and last day of a month, inclusive. */
export function monthRange(month: string): { from: string; to: string } {
  const last = new Date(new Date(`${shiftMonth(month, 1)}-01T00:00:00Z`).getTime() - DAY_MS);
  return { from: `${month}-01`, to: last.toISOString().slice(0, 10) };
}

export interface Bar {
  day: string;
  cost: number;
  row: UsageRow | null;
}

/** One bar for each day from `from` to `to`, empty where nothing was used. */
export function bars(rows: readonly UsageRow[], from: string, to: string): Bar[] {
  const byDay = new Map(rows.map((row) => [row.key, row]));
  const all: Bar[] = [];
  const end = Date.parse(`${to}T00:00:00Z`);
  for (let time = Date.parse(`${from}T00:00:00Z`); time <= end; time += DAY_MS) {
    const day = new Date(time).toISOString().slice(0, 10);
    const row = byDay.get(day) ?? null;
    all.push({ day, cost: row ? Number(row.cost_usd) : 0, row });
  }
  return all;
}

/** The end of an axis and its step: 1, 2 or 5 times a power of ten, at most `count` steps. */
export function niceScale(max: number, count = 4): { step: number; end: number } {
  if (!(max > 0)) return { step: 0, end: 0 };
  const rough = max / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 5, 10].find((candidate) => candidate * power >= rough * (1 - 1e-9)) ?? 10;
  const step = factor * power;
  return { step, end: step * Math.ceil(max / step - 1e-9) };
}
