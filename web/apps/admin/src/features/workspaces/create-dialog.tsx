import { msg } from "@lingui/core/macro";
import { useLingui } from "@lingui/react/macro";
import { createPlatformWorkspace, isApiError, type PlatformWorkspace } from "@parlance/api";
import { i18n } from "@parlance/i18n";
import { Button, Field, Input } from "@parlance/ui";
import { Dialog } from "@parlance/ui/dialog";
import { useQueryClient } from "@tanstack/react-query";
import * as z from "zod/mini";
import { email } from "@/features/auth/schemas";
import { applyServerErrors } from "@/lib/forms";
import { useForm, type Form } from "@/lib/use-form";
import { useIdempotency } from "@/lib/use-idempotency";
import { workspaceKeys } from "./queries";

const schema = z.object({
  name: z
    .string()
    .check(
      z.trim(),
      z.minLength(1, { error: () => i18n._(msg`Give it a name.`) }),
      z.maxLength(80, { error: () => i18n._(msg`At most 80 characters.`) }),
    ),
  owner_email: email,
});
type Values = z.infer<typeof schema>;

/** A new workspace, and who will own it. */
export default function CreateDialog({
  onClose,
  onCreated,
}: {
  onClose: () => void;
  onCreated: (made: PlatformWorkspace) => void;
}) {
  const { t } = useLingui();
  const queries = useQueryClient();
  const once = useIdempotency();
  const form: Form<Values> = useForm<Values>({
    schema,
    initial: { name: "", owner_email: "" },
    onSubmit: async (body) => {
      try {
        const made = await once(body, createPlatformWorkspace);
        void queries.invalidateQueries({ queryKey: workspaceKeys.all });
        onCreated(made);
      } catch (error) {
        const unknown =
          isApiError(error, "invalid_body") &&
          error.errors.some(({ field, code }) => field === "owner_email" && code === "unknown");
        if (unknown) form.setError("owner_email", t`Nobody has an account with this address.`);
        else applyServerErrors(error, form);
      }
    },
  });
  return (
    <Dialog
      open
      strict
      onOpenChange={(open) => !open && onClose()}
      title={t`New workspace`}
      closeLabel={t`Close`}
      footer={
        <>
          <Button onClick={onClose}>{t`Cancel`}</Button>
          <Button type="submit" form="create" variant="primary" pending={form.pending}>
            {t`Create workspace`}
          </Button>
        </>
      }
    >
      <form id="create" {...form.props} className="space-y-5">
        <Field label={t`Name`} error={form.errors.name}>
          {(control) => <Input {...control} {...form.field("name")} autoComplete="off" autoFocus />}
        </Field>
        <Field
          label={t`Owner's e-mail`}
          hint={t`Of somebody who has an account.`}
          error={form.errors.owner_email}
        >
          {(control) => (
            <Input
              {...control}
              {...form.field("owner_email")}
              type="email"
              inputMode="email"
              autoComplete="off"
            />
          )}
        </Field>
      </form>
    </Dialog>
  );
}
