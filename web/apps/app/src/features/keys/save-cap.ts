/** The spend cap of a key is a hard budget over it: a second call after the key's own. */
import {
  createBudget,
  deleteBudget,
  idempotencyKey,
  updateBudget,
  type ApiKeyInfo,
  type Budget,
  type BudgetPeriod,
} from "@parlance/api";
import { readPositiveUsd } from "@/lib/decimal";

export function capOf(budgets: readonly Budget[] | undefined, keyId: string): Budget | undefined {
  return budgets?.find(
    ({ hard, subject }) => hard && subject.kind === "key" && subject.id === keyId,
  );
}

/** Makes, changes or removes the cap, as the form says. */
export async function saveCap(
  key: Pick<ApiKeyInfo, "id" | "name">,
  form: { cap: string; cap_period: string },
  before: Budget | undefined,
): Promise<void> {
  const limit = readPositiveUsd(form.cap);
  const period = form.cap_period as BudgetPeriod;
  if (limit === null) {
    if (before) await deleteBudget({ path: { id: before.id } });
  } else if (before?.period === period) {
    if (Number(before.limit_usd) !== Number(limit)) {
      await updateBudget({ path: { id: before.id }, body: { limit_usd: limit } });
    }
  } else {
    // A budget keeps its period: another one takes its place, without a moment between.
    await createBudget({
      body: {
        name: key.name,
        subject: { kind: "key", id: key.id },
        period,
        limit_usd: limit,
        hard: true,
      },
      headers: { "Idempotency-Key": idempotencyKey() },
    });
    if (before) await deleteBudget({ path: { id: before.id } });
  }
}
