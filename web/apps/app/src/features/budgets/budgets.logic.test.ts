import type { Budget, Quota } from "@parlance/api";
import { expect, test } from "vitest";
import {
  byUrgency,
  progressOf,
  quotaProgress,
  readSubject,
  stoppingBudget,
  stoppingQuota,
  subjectValue,
} from "./budgets.logic";

const budget = (change: Partial<Budget> = {}): Budget => ({
  id: "budget_1",
  name: "Team",
  subject: { kind: "workspace" },
  period: "month",
  limit_usd: "10",
  hard: true,
  spent_usd: "0",
  reserved_usd: "0",
  resets_at: null,
  created_at: "2026-11-01T00:00:00Z",
  warned: [],
  ...change,
});

test.each([
  ["0", "0", 0, 0, "calm"],
  ["7.99", "0", 79, 0, "calm"],
  ["8", "1", 80, 10, "near"],
  ["9.999", "0.5", 99, 0.01, "near"],
  ["10", "1", 100, 0, "over"],
  ["12.5", "0", 125, 0, "over"],
])("spent %s and reserved %s of 10", (spent_usd, reserved_usd, percent, reserved, tone) => {
  const progress = progressOf(budget({ spent_usd, reserved_usd }));
  expect(progress.percent).toBe(percent);
  expect(progress.reserved).toBeCloseTo(reserved, 6);
  expect(progress.tone).toBe(tone);
  expect(progress.spent + progress.reserved).toBeLessThanOrEqual(100);
});

test("a third of a cent isn't lost to binary fractions", () => {
  expect(progressOf(budget({ limit_usd: "0.3", spent_usd: "0.24" })).percent).toBe(80);
});

test("a limit of nothing is used up", () => {
  expect(progressOf(budget({ limit_usd: "0" })).percent).toBe(100);
});

test.each([
  { kind: "workspace" },
  { kind: "user", id: "user_01" },
  { kind: "key", id: "key_01" },
  { kind: "group", id: "grp_01" },
] as const)("%j goes through a select and back", (subject) => {
  expect(readSubject(subjectValue(subject))).toEqual(subject);
});

test("the nearest to its limit stands first", () => {
  const calm = budget({ id: "calm", spent_usd: "1" });
  const over = budget({ id: "over", spent_usd: "11" });
  expect(byUrgency([calm, over]).map(({ id }) => id)).toEqual(["over", "calm"]);
});

test("what stops me is hard, and mine or everybody's", () => {
  const soft = budget({ id: "soft", hard: false, spent_usd: "20" });
  const hers = budget({ id: "hers", subject: { kind: "user", id: "u2" }, spent_usd: "10" });
  const aKey = budget({ id: "key", subject: { kind: "key", id: "k" }, spent_usd: "10" });
  const mine = budget({ id: "mine", subject: { kind: "user", id: "u1" }, spent_usd: "9.9" });
  const all = budget({ id: "all", spent_usd: "3" });
  expect(stoppingBudget([soft, hers, aKey, all, mine], "u1")?.id).toBe("mine");
  expect(stoppingBudget([soft, hers, aKey], "u1")).toBeUndefined();
});

test("of groups' caps the one that the refusal names stops me", () => {
  const mine = budget({ id: "mine", name: "Research", subject: { kind: "group", id: "g1" } });
  const other = budget({ id: "other", subject: { kind: "group", id: "g2" }, spent_usd: "10" });
  const refusal = "The monthly spend cap “Research” of $10 leaves no room for this: $9 are spent.";
  expect(stoppingBudget([other, mine], "u1", refusal)?.id).toBe("mine");
  expect(stoppingBudget([mine], "u1")?.id).toBe("mine");
});

test("the quota with the smallest share left is the one that stops", () => {
  const quota = (unit: Quota["unit"], limit: string, used: string, reserved = "0"): Quota => ({
    unit,
    period: "month",
    limit,
    used,
    reserved,
    resets_at: null,
    warned: [],
  });
  const quotas = [
    quota("messages", "500", "400"),
    quota("tokens", "1000000", "900000", "100000"),
    quota("usd", "2", "1.99"),
  ];
  expect(stoppingQuota(quotas)?.unit).toBe("tokens");
  expect(stoppingQuota([])).toBeUndefined();
  expect(quotaProgress(quotas[1]!)).toMatchObject({ spent: 90, reserved: 10, tone: "near" });
});
