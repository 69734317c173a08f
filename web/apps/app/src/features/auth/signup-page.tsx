import { Trans, useLingui } from "@lingui/react/macro";
import { isApiError, logIn, signUp, type Session } from "@parlance/api";
import { i18n, LOCALES, needWords } from "@parlance/i18n";
import { Button, buttonClass, Field, Input, Notice } from "@parlance/ui";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useState, type ReactNode } from "react";
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

const withWords = <T,>(part: Promise<T>) => needWords("account").then(() => part);
const ProviderButtons = lazy(() => withWords(import("@/features/federation/provider-buttons")));
const ByInvitation = lazy(() => withWords(import("@/features/account/by-invitation")));
const faults = () => withWords(import("@/features/account/faults"));

const linkClass = "rounded-sm font-medium text-accent underline-offset-4 hover:underline";

export default function SignupPage() {
  const { t } = useLingui();
  useDocumentTitle(t`Sign up`);
  const next = useQueryParameters().get("next") ?? undefined;
  const invitation = next?.match(/^\/invite\/([\w-]+)$/)?.[1];
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
        await signUp({
          body: {
            email,
            password,
            locale,
            ...(name ? { name } : {}),
            ...(invitation ? { invitation } : {}),
          },
        });
        if ((await queryClient.ensureQueryData(instanceQuery())).requires_verified_email) {
          setPendingAddress(email);
          return void navigate({ to: "/check-email" });
        }
        // The answer is the same whether or not the address is taken; logging in tells.
        const answer = await logIn({ body: { email, password } });
        // Their own account, with a second factor: the login page asks for it.
        if ("challenge" in answer) return void navigate({ to: "/login", search: { next } });
        session = answer;
      } catch (error) {
        const { FIELD_FAULTS, faultMessage } = await faults();
        if (isApiError(error, "invalid_body")) return applyServerErrors(error, form, FIELD_FAULTS);
        if (!isApiError(error, "invalid_credentials")) return setProblem(faultMessage(error));
        return setProblem(taken);
      }
      enter(session);
    },
  });

  if (instance?.sign_up === "invited" && !invitation) {
    return (
      <Suspense fallback={null}>
        <ByInvitation />
      </Suspense>
    );
  }

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
      {instance && instance.identity_providers.length > 0 && (
        <Suspense fallback={null}>
          <ProviderButtons providers={instance.identity_providers} next={next} />
        </Suspense>
      )}
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
