import { Trans, useLingui } from "@lingui/react/macro";
import { changePassword } from "@parlance/api";
import { Button, Field, toast } from "@parlance/ui";
import { useQueryClient } from "@tanstack/react-query";
import { PasswordInput } from "@/features/auth/password-input";
import { useSession } from "@/features/session/use-session";
import { applyServerErrors } from "@/lib/forms";
import { Section, SettingsPage } from "../section";
import { sessionKeys } from "../sessions/queries";
import { useForm, type Form } from "@/lib/use-form";
import { ConnectedSection } from "./connected-section";
import { EmailSection } from "./email-section";
import { FactorSections } from "./factor-sections";
import { passwordSchema, type PasswordForm } from "./schema";

const EMPTY: PasswordForm = { current_password: "", new_password: "", repeated: "" };

export default function SecurityPage() {
  const { t } = useLingui();
  const email = useSession()?.user.email;
  const queries = useQueryClient();
  const form: Form<PasswordForm> = useForm<PasswordForm>({
    schema: passwordSchema,
    initial: EMPTY,
    onSubmit: async ({ current_password, new_password }) => {
      try {
        await changePassword({ body: { current_password, new_password } });
      } catch (error) {
        return applyServerErrors(error, form);
      }
      form.reset(EMPTY);
      void queries.invalidateQueries({ queryKey: sessionKeys.all });
      toast.success(t`Password changed`, { description: t`Your other sessions were signed out.` });
    },
  });

  return (
    <SettingsPage title={t`Security`}>
      <Section
        title={t`Change password`}
        description={t`You stay signed in here. Every other session is signed out.`}
      >
        <form {...form.props} className="max-w-md space-y-5">
          <input type="text" autoComplete="username" value={email ?? ""} readOnly hidden />
          <Field label={t`Current password`} error={form.errors.current_password}>
            {(control) => (
              <PasswordInput
                {...control}
                {...form.field("current_password")}
                autoComplete="current-password"
              />
            )}
          </Field>
          <Field
            label={t`New password`}
            hint={t`At least 8 characters.`}
            error={form.errors.new_password}
          >
            {(control) => (
              <PasswordInput
                {...control}
                {...form.field("new_password")}
                autoComplete="new-password"
              />
            )}
          </Field>
          <Field label={t`New password again`} error={form.errors.repeated}>
            {(control) => (
              <PasswordInput {...control} {...form.field("repeated")} autoComplete="new-password" />
            )}
          </Field>
          <Button type="submit" variant="primary" pending={form.pending}>
            <Trans>Change password</Trans>
          </Button>
        </form>
      </Section>
      <FactorSections />
      <EmailSection />
      <ConnectedSection />
    </SettingsPage>
  );
}
