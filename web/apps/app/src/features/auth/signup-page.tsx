import { zodResolver } from "@hookform/resolvers/zod";
import { Trans, useLingui } from "@lingui/react/macro";
import { getInstance, isApiError, logIn, signUp, type Session } from "@parlance/api";
import { i18n, LOCALES } from "@parlance/i18n";
import { Button, buttonClass, Field, Input, Notice } from "@parlance/ui";
import { useQuery } from "@tanstack/react-query";
import { Link, useRouter, useSearch } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { useForm } from "react-hook-form";
import { errorMessage } from "@/lib/errors";
import { applyServerErrors } from "@/lib/forms";
import { useDocumentTitle } from "@/lib/use-document-title";
import { AuthLayout } from "./auth-layout";
import { enter } from "./enter";
import { PasswordInput } from "./password-input";
import { signupSchema, type SignupForm } from "./schemas";

const linkClass = "rounded-sm font-medium text-accent underline-offset-4 hover:underline";

export default function SignupPage() {
  const { t } = useLingui();
  useDocumentTitle(t`Sign up`);
  const { history } = useRouter();
  const { next } = useSearch({ from: "/auth" });
  const [problem, setProblem] = useState<ReactNode>(null);
  const { data: instance } = useQuery({
    queryKey: ["instance"],
    queryFn: ({ signal }) => getInstance({ signal }),
    staleTime: Infinity,
  });
  const form = useForm<SignupForm>({
    resolver: zodResolver(signupSchema),
    defaultValues: { name: "", email: "", password: "" },
  });
  const { errors, isSubmitting } = form.formState;
  const loginLink = (
    <Link to="/login" search={next ? { next } : {}} className={linkClass}>
      <Trans>Log in</Trans>
    </Link>
  );

  const submit = form.handleSubmit(async ({ name, email, password }) => {
    setProblem(null);
    const locale = LOCALES.find((known) => known === i18n.locale) ?? "en";
    let session: Session;
    try {
      await signUp({ body: { email, password, locale, ...(name ? { name } : {}) } });
      // The answer is the same whether or not the address is taken; logging in tells.
      session = await logIn({ body: { email, password } });
    } catch (error) {
      if (isApiError(error, "invalid_body")) return applyServerErrors(error, form);
      if (!isApiError(error, "invalid_credentials")) return setProblem(errorMessage(error));
      return setProblem(
        <Trans>This address has an account already, with another password. {loginLink}</Trans>,
      );
    }
    await enter(session, next, history.push);
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
      <form onSubmit={submit} noValidate className="space-y-5">
        {problem && <Notice tone="danger">{problem}</Notice>}
        <Field label={t`Name`} aside={t`Optional`} error={errors.name?.message}>
          {(control) => (
            <Input {...control} {...form.register("name")} autoComplete="name" autoFocus />
          )}
        </Field>
        <Field label={t`E-mail`} error={errors.email?.message}>
          {(control) => (
            <Input
              {...control}
              {...form.register("email")}
              type="email"
              inputMode="email"
              autoComplete="username"
            />
          )}
        </Field>
        <Field
          label={t`Password`}
          hint={t`At least 8 characters.`}
          error={errors.password?.message}
        >
          {(control) => (
            <PasswordInput
              {...control}
              {...form.register("password")}
              autoComplete="new-password"
            />
          )}
        </Field>
        <Button type="submit" variant="primary" size="lg" pending={isSubmitting} className="w-full">
          <Trans>Create account</Trans>
        </Button>
      </form>
    </AuthLayout>
  );
}
