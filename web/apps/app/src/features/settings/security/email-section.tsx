import { Trans, useLingui } from "@lingui/react/macro";
import { changeEmail } from "@parlance/api";
import { Button, Field, Input, Notice } from "@parlance/ui";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { instanceQuery } from "@/features/auth/instance";
import { PasswordInput } from "@/features/auth/password-input";
import { useSession } from "@/features/session/use-session";
import { applyServerErrors } from "@/lib/forms";
import { useForm, type Form } from "@/lib/use-form";
import { Section } from "../section";
import { emailSchema, type EmailForm } from "./schema";

const EMPTY: EmailForm = { email: "", current_password: "" };

/** Another address for the account, once it is proved. */
export function EmailSection() {
  const { t } = useLingui();
  const current = useSession()?.user.email ?? "";
  const { data: instance } = useQuery(instanceQuery());
  const [sentTo, setSentTo] = useState<string | null>(null);
  const form: Form<EmailForm> = useForm<EmailForm>({
    schema: emailSchema,
    initial: EMPTY,
    onSubmit: async (body) => {
      setSentTo(null);
      try {
        await changeEmail({ body });
      } catch (error) {
        return applyServerErrors(error, form);
      }
      form.reset(EMPTY);
      setSentTo(body.email);
    },
  });
  if (instance?.mail === "none") return null;

  return (
    <Section
      title={t`Change e-mail address`}
      description={t`You log in with ${current} until the new address is confirmed.`}
    >
      <form {...form.props} className="max-w-md space-y-5">
        <div role="status" className="empty:hidden">
          {sentTo && (
            <Notice title={t`Check your e-mail`}>
              <Trans>
                If {sentTo} can be used, a letter with a link is on its way there. Your address
                changes once you open it.
              </Trans>
            </Notice>
          )}
        </div>
        <Field label={t`New e-mail address`} error={form.errors.email}>
          {(control) => (
            <Input
              {...control}
              {...form.field("email")}
              type="email"
              inputMode="email"
              autoComplete="email"
            />
          )}
        </Field>
        <Field label={t`Your password`} error={form.errors.current_password}>
          {(control) => (
            <PasswordInput
              {...control}
              {...form.field("current_password")}
              autoComplete="current-password"
            />
          )}
        </Field>
        <Button type="submit" variant="primary" pending={form.pending}>
          <Trans>Send the link</Trans>
        </Button>
      </form>
    </Section>
  );
}
