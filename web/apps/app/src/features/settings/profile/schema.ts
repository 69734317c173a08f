import { msg } from "@lingui/core/macro";
import { i18n } from "@parlance/i18n";
import * as z from "zod/mini";

export const profileSchema = z.object({
  name: z
    .string()
    .check(
      z.trim(),
      z.minLength(1, { error: () => i18n._(msg`Enter your name.`) }),
      z.maxLength(80, { error: () => i18n._(msg`At most 80 characters.`) }),
    ),
});
export type ProfileForm = z.infer<typeof profileSchema>;
