import { msg } from "@lingui/core/macro";
import { i18n } from "@parlance/i18n";
import * as z from "zod/mini";

export const codeSchema = z.object({
  code: z.string().check(z.trim(), z.minLength(1, { error: () => i18n._(msg`Enter the code.`) })),
});
export type CodeForm = z.infer<typeof codeSchema>;

export const passwordOnlySchema = z.object({
  password: z.string().check(z.minLength(1, { error: () => i18n._(msg`Enter your password.`) })),
});
export type PasswordOnlyForm = z.infer<typeof passwordOnlySchema>;
