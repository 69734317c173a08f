import { msg } from "@lingui/core/macro";
import { i18n } from "@parlance/i18n";
import * as z from "zod/mini";

export const workspaceSchema = z.object({
  name: z
    .string()
    .check(
      z.trim(),
      z.minLength(1, { error: () => i18n._(msg`Enter a name.`) }),
      z.maxLength(80, { error: () => i18n._(msg`At most 80 characters.`) }),
    ),
});
export type WorkspaceForm = z.infer<typeof workspaceSchema>;
