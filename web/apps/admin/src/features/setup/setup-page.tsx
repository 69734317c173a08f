/** Makes the first administrator, with the link that the start printed. The link's secret is after its `#`. */
import { Trans, useLingui } from "@lingui/react/macro";
import { isApiError, logIn, setUp, startSession } from "@parlance/api";
import { buttonClass, Button, Field, Input, Notice } from "@parlance/ui";
import { useState } from "react";
import { AuthLayout } from "@/features/auth/auth-layout";
import { PasswordInput } from "@/features/auth/password-input";
import { signupSchema, type SignupForm } from "@/features/auth/schemas";
import { errorMessage } from "@/lib/errors";
import { applyServerErrors } from "@/lib/forms";
import { useForm, type Form } from "@/lib/use-form";
import { useDocumentTitle } from "@/lib/use-document-title";

/** Read once, and taken out of the address bar and the history. */
const token = location.hash.slice(1);
if (token) history.replaceState(null, "", "/setup");

export default function SetupPage() {
  const { t } = useLingui();
  useDocumentTitle(t`Set up`);
  const [problem, setProblem] = useState<string | null>(null);
  const [ended, setEnded] = useState(token === "");
  const form: Form<SignupForm> = useForm<SignupForm>({
    schema: signupSchema,
    initial: { name: "", email: "", password: "" },
    onSubmit: async ({ name, email, password }) => {
      setProblem(null);
      try {
        await setUp({ body: { token, email, password, ...(name ? { name } : {}) } });
        const begun = await logIn({ body: { email, password } });
        // Who has a second factor signs in where it is asked for.
        if ("challenge" in begun) return location.replace("/login");
        startSession(begun);
        location.replace("/admin/");
      } catch (error) {
        if (isApiError(error, "link_invalid")) return setEnded(true);
        if (isApiError(error, "invalid_body")) return applyServerErrors(error, form);
        if (isApiError(error, "invalid_credentials")) {
          form.setError("password", t`There is an account with this address. Enter its password.`);
          form.focus("password");
          return;
        }
        setProblem(errorMessage(error));
      }
    },
  });

  if (ended) {
    return (
      <AuthLayout
        title={t`This link has ended`}
        subtitle={t`It works once, for a day, and only while nobody administers this installation. Each start of the server prints another one.`}
      >
        <a href="/login" className={buttonClass("primary", "lg")}>
          <Trans>Log in</Trans>
        </a>
      </AuthLayout>
    );
  }
  return (
    <AuthLayout
      title={t`Set up Parlance`}
      subtitle={t`Become the administrator of this installation: with a new account, or with the one that you have.`}
    >
      <form {...form.props} className="space-y-5">
        {problem && <Notice tone="danger">{problem}</Notice>}
        <Field label={t`Name`} error={form.errors.name} aside={t`optional`}>
          {(control) => (
            <Input {...control} {...form.field("name")} autoComplete="name" autoFocus />
          )}
        </Field>
        <Field label={t`E-mail`} error={form.errors.email}>
          {(control) => (
            <Input
              {...control}
              {...form.field("email")}
              type="email"
              inputMode="email"
              autoComplete="username"
            />
          )}
        </Field>
        <Field label={t`Password`} hint={t`At least 8 characters.`} error={form.errors.password}>
          {(control) => (
            <PasswordInput {...control} {...form.field("password")} autoComplete="new-password" />
          )}
        </Field>
        <Button type="submit" variant="primary" size="lg" pending={form.pending} className="w-full">
          <Trans>Become administrator</Trans>
        </Button>
      </form>
    </AuthLayout>
  );
}
