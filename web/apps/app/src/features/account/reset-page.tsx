import { Trans, useLingui } from "@lingui/react/macro";
import { isApiError, resetPassword } from "@parlance/api";
import { Button, buttonClass, Field, Notice } from "@parlance/ui";
import { useState } from "react";
import { AuthLayout } from "@/features/auth/auth-layout";
import { PasswordInput } from "@/features/auth/password-input";
import { errorMessage } from "@/lib/errors";
import { applyServerErrors } from "@/lib/forms";
import { Link } from "@/lib/navigation";
import { useDocumentTitle } from "@/lib/use-document-title";
import { useForm, type Form } from "@/lib/use-form";
import { BackToLogin } from "./check-email-page";
import { forgetLink, linkSecret } from "./link";
import { resetSchema, type ResetForm } from "./schemas";

/** Sets a new password with the link of a letter. */
export function ResetPage() {
  const { t } = useLingui();
  useDocumentTitle(t`Set a new password`);
  const [token] = useState(linkSecret);
  const [state, setState] = useState<"open" | "dead" | "done">(token ? "open" : "dead");
  const [problem, setProblem] = useState<string | null>(null);
  const form: Form<ResetForm> = useForm<ResetForm>({
    schema: resetSchema,
    initial: { password: "", repeated: "" },
    onSubmit: async ({ password }) => {
      setProblem(null);
      try {
        await resetPassword({ body: { token, password } });
      } catch (error) {
        if (isApiError(error, "link_invalid")) return setState("dead");
        if (isApiError(error, "invalid_body")) return applyServerErrors(error, form);
        return setProblem(errorMessage(error));
      }
      forgetLink();
      setState("done");
    },
  });

  if (state === "dead") {
    return (
      <AuthLayout
        title={t`This link doesn't work any more`}
        subtitle={t`It was used, an hour has passed, or a newer one has replaced it.`}
        footer={<BackToLogin />}
      >
        <Link to="/forgot-password" className={buttonClass("primary", "lg")}>
          <Trans>Ask for a new link</Trans>
        </Link>
      </AuthLayout>
    );
  }
  if (state === "done") {
    return (
      <AuthLayout
        title={t`Your new password is set`}
        subtitle={t`Every device was signed out. Log in with the new password.`}
      >
        <Link to="/login" className={buttonClass("primary", "lg")}>
          <Trans>Log in</Trans>
        </Link>
      </AuthLayout>
    );
  }
  return (
    <AuthLayout
      title={t`Set a new password`}
      subtitle={t`Every device is signed out with it.`}
      footer={<BackToLogin />}
    >
      <form {...form.props} className="space-y-5">
        {problem && <Notice tone="danger">{problem}</Notice>}
        <Field
          label={t`New password`}
          hint={t`At least 8 characters.`}
          error={form.errors.password}
        >
          {(control) => (
            <PasswordInput
              {...control}
              {...form.field("password")}
              autoComplete="new-password"
              autoFocus
            />
          )}
        </Field>
        <Field label={t`New password again`} error={form.errors.repeated}>
          {(control) => (
            <PasswordInput {...control} {...form.field("repeated")} autoComplete="new-password" />
          )}
        </Field>
        <Button type="submit" variant="primary" size="lg" pending={form.pending} className="w-full">
          <Trans>Set the password</Trans>
        </Button>
      </form>
    </AuthLayout>
  );
}
