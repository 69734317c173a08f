import { msg } from "@lingui/core/macro";
import { i18n } from "@parlance/i18n";
import * as z from "zod/mini";

export type InviteForm = { email: string; role: string; days: string; max_uses: string };

const others = { role: z.string(), days: z.string(), max_uses: z.string() };

/** By e-mail, the address counts; by a link, it is not asked for. */
export const byEmail = z.object({
  email: z
    .string()
    .check(z.trim(), z.email({ error: () => i18n._(msg`Enter an e-mail address.`) })),
  ...others,
});
export const byLink = z.object({ email: z.string(), ...others });
