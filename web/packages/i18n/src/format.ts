/**
 * Numbers, money and times in the current language. Money arrives as exact decimal strings and is
 * rounded for display only; sums are the server's business.
 */
import { i18n } from "@lingui/core";

const cache = new Map<string, unknown>();

function cached<T>(key: string, make: (locale: string) => T): T {
  const locale = i18n.locale || "en";
  const id = `${locale}:${key}`;
  let value = cache.get(id) as T | undefined;
  if (value === undefined) {
    value = make(locale);
    cache.set(id, value);
  }
  return value;
}

export function formatNumber(value: number): string {
  return cached("number", (locale) => new Intl.NumberFormat(locale)).format(value);
}

/** 1234567 → "1.2M". */
export function formatCompact(value: number): string {
  return cached(
    "compact",
    (locale) => new Intl.NumberFormat(locale, { notation: "compact", maximumFractionDigits: 1 }),
  ).format(value);
}

export function formatPercent(ratio: number): string {
  return cached(
    "percent",
    (locale) => new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 0 }),
  ).format(ratio);
}

/** How many fraction digits show an amount usefully: cents from a dollar up, two significant digits below. */
export function usdDigits(value: number): number {
  const size = Math.abs(value);
  if (size === 0 || size >= 1) return 2;
  return Math.min(9, Math.max(2, 1 - Math.floor(Math.log10(size))));
}

/** "12.5" → "$12.50"; "0.000123" → "$0.00012". */
export function formatUsd(amount: string): string {
  const value = Number(amount);
  const digits = usdDigits(value);
  return cached(
    `usd${digits}`,
    (locale) =>
      new Intl.NumberFormat(locale, {
        style: "currency",
        currency: "USD",
        currencyDisplay: "narrowSymbol",
        minimumFractionDigits: 2,
        maximumFractionDigits: digits,
      }),
  ).format(value);
}

/** 1536 → "1.5 KB". */
export function formatBytes(bytes: number): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;
  const power = bytes < 1 ? 0 : Math.min(3, Math.floor(Math.log(bytes) / Math.log(1024)));
  const unit = units[power] ?? "byte";
  return cached(
    `bytes-${unit}`,
    (locale) =>
      new Intl.NumberFormat(locale, {
        style: "unit",
        unit,
        unitDisplay: "narrow",
        maximumFractionDigits: 1,
      }),
  ).format(bytes / 1024 ** power);
}

/** Milliseconds → "0.8s", "12s", "2m 5s" in the language's own units. */
export function formatDuration(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  const unit = (value: number, name: "second" | "minute", digits: number) =>
    cached(
      `duration-${name}-${digits}`,
      (locale) =>
        new Intl.NumberFormat(locale, {
          style: "unit",
          unit: name,
          unitDisplay: "narrow",
          maximumFractionDigits: digits,
        }),
    ).format(value);
  if (seconds < 60) return unit(seconds, "second", seconds < 10 ? 1 : 0);
  const whole = Math.round(seconds);
  return `${unit(Math.floor(whole / 60), "minute", 0)} ${unit(whole % 60, "second", 0)}`;
}

export function formatDate(iso: string, options?: { utc?: boolean }): string {
  return cached(
    `date${options?.utc ?? false}`,
    (locale) =>
      new Intl.DateTimeFormat(locale, {
        dateStyle: "medium",
        ...(options?.utc ? { timeZone: "UTC" } : {}),
      }),
  ).format(new Date(iso));
}

export function formatDateTime(iso: string): string {
  return cached(
    "datetime",
    (locale) => new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" }),
  ).format(new Date(iso));
}

/** A day of a UTC period ("2026-11-21") as "21 Nov". */
export function formatDay(day: string): string {
  return cached(
    "day",
    (locale) =>
      new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", timeZone: "UTC" }),
  ).format(new Date(`${day}T00:00:00Z`));
}

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["minute", 60],
  ["hour", 3600],
  ["day", 86_400],
  ["week", 604_800],
  ["month", 2_629_800],
  ["year", 31_557_600],
];

/** "in 9 days", "in 6 hours": how long something takes yet, never rounded to weeks or months. */
export function formatUntil(iso: string, now = Date.now()): string {
  const seconds = Math.max(0, (new Date(iso).getTime() - now) / 1000);
  const [unit, size] =
    seconds < 60
      ? (["second", 1] as const)
      : seconds < 3600
        ? (["minute", 60] as const)
        : seconds < 172_800
          ? (["hour", 3600] as const)
          : (["day", 86_400] as const);
  return cached("until", (locale) => new Intl.RelativeTimeFormat(locale)).format(
    Math.round(seconds / size),
    unit,
  );
}

/** "5 minutes ago", "yesterday"; within the last minute, "now". */
export function formatRelative(iso: string, now = Date.now()): string {
  const seconds = (new Date(iso).getTime() - now) / 1000;
  const format = cached(
    "relative",
    (locale) => new Intl.RelativeTimeFormat(locale, { numeric: "auto" }),
  );
  const size = Math.abs(seconds);
  if (size < 60) return format.format(0, "second");
  let best = STEPS[0] as [Intl.RelativeTimeFormatUnit, number];
  for (const step of STEPS) if (size >= step[1]) best = step;
  return format.format(Math.trunc(seconds / best[1]), best[0]);
}
