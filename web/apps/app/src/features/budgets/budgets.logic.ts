/** How far a budget is used, and who it is for. Amounts become floating point for drawing only. */
import type { Budget, BudgetSubject, Quota } from "@parlance/api";

export const MARKS = [80, 90, 100] as const;

export interface Progress {
  /** Of the limit, spent and reserved, in percent; the bar ends at 100. */
  spent: number;
  reserved: number;
  /** Spent, as a whole number of percent; may pass 100 where the budget only warns. */
  percent: number;
  tone: "calm" | "near" | "over";
}

export function progressOf(
  budget: Pick<Budget, "limit_usd" | "spent_usd" | "reserved_usd">,
): Progress {
  const limit = Number(budget.limit_usd);
  const share = (amount: string) => (limit > 0 ? (Number(amount) / limit) * 100 : 100);
  const used = share(budget.spent_usd);
  const spent = Math.min(100, used);
  // 79.9 is not yet 80, and 99.99 not yet everything.
  const percent = Math.floor(used + 1e-9);
  return {
    spent,
    reserved: Math.max(0, Math.min(100 - spent, share(budget.reserved_usd))),
    percent,
    tone: percent >= 100 ? "over" : percent >= 80 ? "near" : "calm",
  };
}

/** The same of a plan's quota. */
export const quotaProgress = ({ limit, used, reserved }: Quota): Progress =>
  progressOf({ limit_usd: limit, spent_usd: used, reserved_usd: reserved });

/** The quota that stops the next message: the one with the least left, by its share. */
export function stoppingQuota(quotas: readonly Quota[]): Quota | undefined {
  const left = ({ limit, used, reserved }: Quota) =>
    (Number(limit) - Number(used) - Number(reserved)) / Number(limit);
  return [...quotas].sort((a, b) => left(a) - left(b))[0];
}

/** What `<select>` holds for a subject, and back. */
export function subjectValue(subject: BudgetSubject): string {
  return subject.kind === "workspace" ? "workspace" : `${subject.kind}:${subject.id}`;
}

export function readSubject(value: string): BudgetSubject {
  const [kind, id = ""] = value.split(":");
  if (kind === "user" || kind === "key" || kind === "group") return { kind, id };
  return { kind: "workspace" };
}

/** Those that stop something, nearest to their limit first. */
export function byUrgency<T extends Pick<Budget, "limit_usd" | "spent_usd" | "reserved_usd">>(
  budgets: readonly T[],
): T[] {
  return [...budgets].sort((a, b) => progressOf(b).percent - progressOf(a).percent);
}

/**
 * The cap that stops somebody's chat: hard, theirs, a group's or everybody's; the one that the refusal
 * names, else that with nothing left or the least. Whoever sees all budgets sees groups' that they are
 * not in, so the name counts first.
 */
export function stoppingBudget(
  budgets: readonly Budget[],
  userId: string,
  refusal = "",
): Budget | undefined {
  const mine = budgets.filter(
    ({ hard, subject }) =>
      hard && subject.kind !== "key" && (subject.kind !== "user" || subject.id === userId),
  );
  const named = mine.filter(({ name }) => refusal.includes(`“${name}”`));
  const left = (budget: Budget) =>
    Number(budget.limit_usd) - Number(budget.spent_usd) - Number(budget.reserved_usd);
  return (named.length > 0 ? named : mine).sort((a, b) => left(a) - left(b))[0];
}
