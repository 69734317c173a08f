/** Forms before sign-in. The limits are the server's; it has the last word. */
import { msg } from "@lingui/core/macro";
import { i18n } from "@parlance/i18n";
import * as z from "zod/mini";

export const email = z
  .string()
  .check(
    z.trim(),
    z.minLength(1, { error: () => i18n._(msg`Enter your e-mail address.`), abort: true }),
    z.email({ error: () => i18n._(msg`Enter an e-mail address.`) }),
  );

export const newPassword = z
  .string()
  .check(
    z.minLength(8, { error: () => i18n._(msg`At least 8 characters.`) }),
    z.maxLength(256, { error: () => i18n._(msg`At most 256 characters.`) }),
  );

export const loginSchema = z.object({
  email,
  password: z.string().check(z.minLength(1, { error: () => i18n._(msg`Enter your password.`) })),
});
export type LoginForm = z.infer<typeof loginSchema>;

export const signupSchema = z.object({
  name: z
    .string()
    .check(z.trim(), z.maxLength(80, { error: () => i18n._(msg`At most 80 characters.`) })),
  email,
  password: newPassword,
});
export type SignupForm = z.infer<typeof signupSchema>;
