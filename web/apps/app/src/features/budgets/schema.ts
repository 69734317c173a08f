import { msg } from "@lingui/core/macro";
import { i18n } from "@parlance/i18n";
import * as z from "zod/mini";
import { readPositiveUsd } from "@/lib/decimal";

export type BudgetForm = {
  name: string;
  subject: string;
  period: string;
  limit_usd: string;
  /** "hard" or "soft". */
  hard: string;
};

export const budgetSchema = z.object({
  name: z
    .string()
    .check(
      z.trim(),
      z.minLength(1, { error: () => i18n._(msg`Give the budget a name.`) }),
      z.maxLength(80, { error: () => i18n._(msg`At most 80 characters.`) }),
    ),
  subject: z.string().check(z.minLength(1, { error: () => i18n._(msg`Choose whom it is for.`) })),
  period: z.string(),
  limit_usd: z.string().check(
    z.refine((text) => readPositiveUsd(text) !== null, {
      error: () => i18n._(msg`An amount in dollars, such as 25 or 12.50.`),
    }),
  ),
  hard: z.string(),
});
