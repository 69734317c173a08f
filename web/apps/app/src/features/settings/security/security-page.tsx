import { zodResolver } from "@hookform/resolvers/zod";
import { Trans, useLingui } from "@lingui/react/macro";
import { changePassword, isApiError } from "@parlance/api";
import { Button, Field, toast } from "@parlance/ui";
import { useQueryClient } from "@tanstack/react-query";
import { useForm } from "react-hook-form";
import { PasswordInput } from "@/features/auth/password-input";
import { useSession } from "@/features/session/use-session";
import { applyServerErrors } from "@/lib/forms";
import { Section, SettingsPage } from "../section";
import { sessionKeys } from "../sessions/queries";
import { passwordSchema, type PasswordForm } from "./schema";

const EMPTY: PasswordForm = { current_password: "", new_password: "", repeated: "" };

export default function SecurityPage() {
  const { t } = useLingui();
  const email = useSession()?.user.email;
  const queries = useQueryClient();
  const form = useForm<PasswordForm>({
    resolver: zodResolver(passwordSchema),
    defaultValues: EMPTY,
  });
  const { errors, isSubmitting } = form.formState;

  const submit = form.handleSubmit(async ({ current_password, new_password }) => {
    try {
      await changePassword({ body: { current_password, new_password } });
    } catch (error) {
      if (!isApiError(error, "invalid_credentials")) return applyServerErrors(error, form);
      return form.setError(
        "current_password",
        { message: t`That isn't your current password.` },
        { shouldFocus: true },
      );
    }
    form.reset(EMPTY);
    void queries.invalidateQueries({ queryKey: sessionKeys.all });
    toast.success(t`Password changed`, { description: t`Your other sessions were signed out.` });
  });

  return (
    <SettingsPage title={t`Security`}>
      <Section
        title={t`Change password`}
        description={t`You stay signed in here. Every other session is signed out.`}
      >
        <form onSubmit={submit} noValidate className="max-w-md space-y-5">
          <input type="text" autoComplete="username" value={email ?? ""} readOnly hidden />
          <Field label={t`Current password`} error={errors.current_password?.message}>
            {(control) => (
              <PasswordInput
                {...control}
                {...form.register("current_password")}
                autoComplete="current-password"
              />
            )}
          </Field>
          <Field
            label={t`New password`}
            hint={t`At least 8 characters.`}
            error={errors.new_password?.message}
          >
            {(control) => (
              <PasswordInput
                {...control}
                {...form.register("new_password")}
                autoComplete="new-password"
              />
            )}
          </Field>
          <Field label={t`New password again`} error={errors.repeated?.message}>
            {(control) => (
              <PasswordInput
                {...control}
                {...form.register("repeated")}
                autoComplete="new-password"
              />
            )}
          </Field>
          <Button type="submit" variant="primary" pending={isSubmitting}>
            <Trans>Change password</Trans>
          </Button>
        </form>
      </Section>
    </SettingsPage>
  );
}
