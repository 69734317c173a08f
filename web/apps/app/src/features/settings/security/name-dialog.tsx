/** A passkey's name: when it is made, and later. */
import { Trans, useLingui } from "@lingui/react/macro";
import { msg } from "@lingui/core/macro";
import { isApiError } from "@parlance/api";
import { i18n } from "@parlance/i18n";
import { Button, Field, Input, Notice } from "@parlance/ui";
import { Dialog } from "@parlance/ui/dialog";
import { useState } from "react";
import * as z from "zod/mini";
import { faultMessage } from "@/features/account/faults";
import { applyServerErrors } from "@/lib/forms";
import { useForm, type Form } from "@/lib/use-form";

const schema = z.object({
  name: z
    .string()
    .check(
      z.trim(),
      z.minLength(1, { error: () => i18n._(msg`Give it a name.`) }),
      z.maxLength(80, { error: () => i18n._(msg`At most 80 characters.`) }),
    ),
});
type Values = z.infer<typeof schema>;

export default function NameDialog({
  title,
  description,
  initial,
  label,
  explain,
  onName,
  onClose,
}: {
  title: string;
  description?: string;
  initial: string;
  /** Of the button. */
  label: string;
  /** What to say of an error that isn't the server's; null: nothing. */
  explain?: (error: unknown) => string | null;
  onName: (name: string) => Promise<void>;
  onClose: () => void;
}) {
  const { t } = useLingui();
  const [problem, setProblem] = useState<string | null>(null);
  const form: Form<Values> = useForm<Values>({
    schema,
    initial: { name: initial },
    onSubmit: async ({ name }) => {
      setProblem(null);
      try {
        await onName(name);
      } catch (error) {
        if (isApiError(error, "invalid_body")) applyServerErrors(error, form);
        else setProblem(isApiError(error) || !explain ? faultMessage(error) : explain(error));
      }
    },
  });
  return (
    <Dialog
      open
      strict
      onOpenChange={(open) => !open && onClose()}
      title={title}
      description={description}
    >
      <form {...form.props} className="space-y-5 pb-3">
        {problem && <Notice tone="danger">{problem}</Notice>}
        <Field label={t`Name`} error={form.errors.name}>
          {(control) => (
            <Input
              {...control}
              {...form.field("name")}
              autoFocus
              maxLength={80}
              autoComplete="off"
              onFocus={(event) => event.target.select()}
            />
          )}
        </Field>
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>
            <Trans>Cancel</Trans>
          </Button>
          <Button type="submit" variant="primary" pending={form.pending}>
            {label}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
