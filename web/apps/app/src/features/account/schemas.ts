/** Forms on the way to a letter and back. The limits are the server's; it has the last word. */
import { msg } from "@lingui/core/macro";
import { i18n } from "@parlance/i18n";
import * as z from "zod/mini";
import { email, newPassword } from "@/features/auth/schemas";

export const addressSchema = z.object({ email });
export type AddressForm = z.infer<typeof addressSchema>;

export const resetSchema = z.object({ password: newPassword, repeated: z.string() }).check(
  z.refine((form) => form.password === form.repeated, {
    error: () => i18n._(msg`The two don't match.`),
    path: ["repeated"],
  }),
);
export type ResetForm = z.infer<typeof resetSchema>;
