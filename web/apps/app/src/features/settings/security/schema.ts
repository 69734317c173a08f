import { msg } from "@lingui/core/macro";
import { i18n } from "@parlance/i18n";
import * as z from "zod/mini";
import { email, newPassword } from "@/features/auth/schemas";

export const passwordSchema = z
  .object({
    current_password: z
      .string()
      .check(z.minLength(1, { error: () => i18n._(msg`Enter your current password.`) })),
    new_password: newPassword,
    repeated: z.string(),
  })
  .check(
    z.refine((form) => form.new_password === form.repeated, {
      error: () => i18n._(msg`The two don't match.`),
      path: ["repeated"],
    }),
  );
export type PasswordForm = z.infer<typeof passwordSchema>;

export const emailSchema = z.object({
  email,
  current_password: z
    .string()
    .check(z.minLength(1, { error: () => i18n._(msg`Enter your current password.`) })),
});
export type EmailForm = z.infer<typeof emailSchema>;
