import { msg } from "@lingui/core/macro";
import { formatNumber, i18n } from "@parlance/i18n";
import * as z from "zod/mini";
import { readCount, readPositiveUsd } from "@/lib/decimal";
import { endOfDay, readAddresses } from "./keys.logic";

const count = (max: number) =>
  z.string().check(
    z.refine((text) => readCount(text, max) !== undefined, {
      error: () => {
        const most = formatNumber(max);
        return i18n._(msg`A whole number from 1 to ${most}, or nothing.`);
      },
    }),
  );

/** The first line that is no address, by its number. */
function addressFault(text: string): string {
  const { wrong } = readAddresses(text);
  const { line, text: found } = wrong[0] ?? { line: 0, text: "" };
  return i18n._(msg`Line ${line}: “${found}” is not an address or a network such as 10.0.0.0/8.`);
}

export const keySchema = z
  .object({
    name: z
      .string()
      .check(
        z.trim(),
        z.minLength(1, { error: () => i18n._(msg`Give the key a name.`) }),
        z.maxLength(80, { error: () => i18n._(msg`At most 80 characters.`) }),
      ),
    scopes: z.string().check(z.minLength(1, { error: () => i18n._(msg`Choose at least one.`) })),
    models_mode: z.string(),
    models: z.string(),
    expiry: z.string(),
    expires_at: z.string(),
    requests_per_minute: count(1_000_000),
    tokens_per_minute: count(1_000_000_000),
    allowed_ips: z.string().check(
      z.refine((text) => readAddresses(text).wrong.length === 0, {
        error: (issue) => addressFault(String(issue.input)),
      }),
    ),
    cap: z.string().check(
      z.refine((text) => text.trim() === "" || readPositiveUsd(text) !== null, {
        error: () => i18n._(msg`An amount in dollars, such as 25 or 12.50.`),
      }),
    ),
    cap_period: z.string(),
  })
  .check(
    z.refine((form) => form.models_mode === "all" || form.models !== "", {
      error: () => i18n._(msg`Choose at least one model.`),
      path: ["models"],
    }),
    z.refine(
      (form) =>
        form.expiry !== "custom" || (endOfDay(form.expires_at)?.getTime() ?? 0) > Date.now(),
      { error: () => i18n._(msg`Choose a day that is not over.`), path: ["expires_at"] },
    ),
  );
