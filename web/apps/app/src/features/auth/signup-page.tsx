import { Trans, useLingui } from "@lingui/react/macro";
import { isApiError, logIn, signUp, type Session } from "@parlance/api";
import { i18n, LOCALES } from "@parlance/i18n";
import { Button, buttonClass, Field, Input, Notice } from "@parlance/ui";
import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { errorMessage } from "@/lib/errors";
import { applyServerErrors } from "@/lib/forms";
import { Link, navigate, useQueryParameters } from "@/lib/navigation";
import { queryClient } from "@/lib/query-client";
import { useForm, type Form } from "@/lib/use-form";
import { useDocumentTitle } from "@/lib/use-document-title";
import { AuthLayout } from "./auth-layout";
import { enter } from "./enter";
import { instanceQuery } from "./instance";
import { PasswordInput } from "./password-input";
import { setPendingAddress } from "./pending";
import { signupSchema, type SignupForm } from "./schemas";

const linkClass = "rounded-sm font-medium text-accent underline-offset-4 hover:underline";

export default function SignupPage() {
  const { t } = useLingui();
  useDocumentTitle(t`Sign up`);
  const next = useQueryParameters().get("next") ?? undefined;
  const [problem, setProblem] = useState<ReactNode>(null);
  const { data: instance } = useQuery(instanceQuery());
  const loginLink = (
    <Link to="/login" search={{ next }} className={linkClass}>
      <Trans>Log in</Trans>
    </Link>
  );
  const taken = (
    <Trans>This address has an account already, with another password. {loginLink}</Trans>
  );
  const form: Form<SignupForm> = useForm<SignupForm>({
    schema: signupSchema,
    initial: { name: "", email: "", password: "" },
    onSubmit: async ({ name, email, password }) => {
      setProblem(null);
      const locale = LOCALES.find((known) => known === i18n.locale) ?? "en";
      let session: Session;
      try {
        await signUp({ body: { email, password, locale, ...(name ? { name } : {}) } });
        if ((await queryClient.ensureQueryData(instanceQuery())).requires_verified_email) {
          setPendingAddress(email);
          return void navigate({ to: "/check-email" });
        }
        // The answer is the same whether or not the address is taken; logging in tells.
        session = await logIn({ body: { email, password } });
      } catch (error) {
        if (isApiError(error, "invalid_body")) return applyServerErrors(error, form);
        if (!isApiError(error, "invalid_credentials")) return setProblem(errorMessage(error));
        return setProblem(taken);
      }
      enter(session);
    },
  });

  if (instance?.sign_up === "closed") {
    return (
      <AuthLayout
        title={t`Sign-up is closed`}
        subtitle={t`Ask an administrator of this installation for an account.`}
      >
        <Link to="/login" className={buttonClass("primary", "lg")}>
          <Trans>Log in</Trans>
        </Link>
      </AuthLayout>
    );
  }

  return (
    <AuthLayout
      title={t`Create your account`}
      subtitle={t`All the leading models in one calm place.`}
      footer={<Trans>Already have an account? {loginLink}</Trans>}
    >
      <form {...form.props} className="space-y-5">
        {problem && <Notice tone="danger">{problem}</Notice>}
        <Field label={t`Name`} aside={t`Optional`} error={form.errors.name}>
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
          <Trans>Create account</Trans>
        </Button>
      </form>
    </AuthLayout>
  );
}
