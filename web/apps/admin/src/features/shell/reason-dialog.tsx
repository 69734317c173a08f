import { msg } from "@lingui/core/macro";
import { useLingui } from "@lingui/react/macro";
import { i18n } from "@parlance/i18n";
import { Button, Field, Textarea } from "@parlance/ui";
import { Dialog } from "@parlance/ui/dialog";
import type { ReactNode } from "react";
import * as z from "zod/mini";
import { applyServerErrors } from "@/lib/forms";
import { useForm, type Form } from "@/lib/use-form";

const schema = z.object({
  reason: z
    .string()
    .check(
      z.trim(),
      z.minLength(1, { error: () => i18n._(msg`Say why.`) }),
      z.maxLength(500, { error: () => i18n._(msg`At most 500 characters.`) }),
    ),
});
type Values = z.infer<typeof schema>;

/** Asks why before something that others will want to know the reason of. */
export default function ReasonDialog({
  title,
  hint,
  submit,
  danger,
  onSubmit,
  onClose,
  children,
}: {
  title: string;
  /** Who will read the reason. */
  hint: string;
  submit: string;
  danger?: boolean;
  /** What it throws is shown. */
  onSubmit: (reason: string) => Promise<void>;
  onClose: () => void;
  children: ReactNode;
}) {
  const { t } = useLingui();
  const form: Form<Values> = useForm<Values>({
    schema,
    initial: { reason: "" },
    onSubmit: ({ reason }) => onSubmit(reason).catch((error) => applyServerErrors(error, form)),
  });
  return (
    <Dialog
      open
      strict
      onOpenChange={(open) => !open && onClose()}
      title={title}
      description={children}
      footer={
        <>
          <Button onClick={onClose}>{t`Cancel`}</Button>
          <Button
            type="submit"
            form="reason"
            variant={danger ? "danger" : "primary"}
            pending={form.pending}
          >
            {submit}
          </Button>
        </>
      }
    >
      <form id="reason" {...form.props}>
        <Field label={t`Reason`} hint={hint} error={form.errors.reason}>
          {(control) => <Textarea {...control} {...form.field("reason")} rows={3} autoFocus />}
        </Field>
      </form>
    </Dialog>
  );
}
