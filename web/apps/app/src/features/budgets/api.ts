/** Caps on what may be spent, and the quotas of the workspace's plan. */
import { call, type Page } from "@/lib/api-call";

export type BudgetPeriod = "day" | "month" | "total";
export type BudgetSubject =
  { kind: "workspace" } | { kind: "user"; id: string } | { kind: "key"; id: string };

export interface Budget {
  id: string;
  name: string;
  subject: BudgetSubject;
  period: BudgetPeriod;
  limit_usd: string;
  /** True: calls stop at the limit; false: it only warns. */
  hard: boolean;
  /** In this period. */
  spent_usd: string;
  /** Kept for calls that are under way. */
  reserved_usd: string;
  /** Null: never. */
  resets_at: string | null;
  created_at: string;
  /** The marks passed in this period. */
  warned: number[];
}

export interface BudgetBody {
  name: string;
  subject: BudgetSubject;
  period: BudgetPeriod;
  limit_usd: string;
  hard: boolean;
}

interface Signal {
  signal?: AbortSignal;
}
interface ById {
  path: { id: string };
}

export const listBudgets = ({
  query,
  signal,
}: Signal & { query?: { limit?: number; cursor?: string } }) =>
  call<Page<Budget>>("GET", "/budgets", { query, signal });

export const createBudget = (options: { body: BudgetBody; headers?: Record<string, string> }) =>
  call<Budget>("POST", "/budgets", options);

/** Whom a budget is for, and over which period it counts, stay as they are. */
export const updateBudget = ({
  path,
  body,
}: ById & { body: Partial<Omit<BudgetBody, "subject" | "period">> }) =>
  call<Budget>("PATCH", `/budgets/${path.id}`, { body });

export const deleteBudget = ({ path }: ById) => call<void>("DELETE", `/budgets/${path.id}`);

/** What a quota counts. */
export type QuotaUnit = "messages" | "tokens" | "usd";

/** Amounts are exact decimals: dollars, or whole numbers. */
export interface Quota {
  unit: QuotaUnit;
  period: BudgetPeriod;
  limit: string;
  used: string;
  reserved: string;
  /** Null: never. */
  resets_at: string | null;
  warned: number[];
}

export interface QuotaReport {
  /** `models`: what may be asked, `*` standing for any text; null: all. */
  plan: { id: string; name: string; models: string[] | null };
  quotas: Quota[];
}

export const getQuota = ({ signal }: Signal) => call<QuotaReport>("GET", "/quota", { signal });
