import { Trans, useLingui } from "@lingui/react/macro";
import { isApiError, logIn, type SecondFactorNeeded } from "@parlance/api";
import { needWords } from "@parlance/i18n";
import { Button, Field, Input, Notice } from "@parlance/ui";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { codeMessage, errorMessage } from "@/lib/errors";
import { applyServerErrors } from "@/lib/forms";
import { Link, navigate, useQueryParameters } from "@/lib/navigation";
import { useForm, type Form } from "@/lib/use-form";
import { useDocumentTitle } from "@/lib/use-document-title";
import { AuthLayout } from "./auth-layout";
import { enter } from "./enter";
import { instanceQuery } from "./instance";
import { PasswordInput } from "./password-input";
import { setPendingAddress } from "./pending";
import { loginSchema, type LoginForm } from "./schemas";

const withWords = <T,>(part: Promise<T>) => needWords("account").then(() => part);
const SecondFactor = lazy(() => withWords(import("@/features/account/second-factor")));
const ProviderButtons = lazy(() => withWords(import("@/features/federation/provider-buttons")));
const PasskeyLogin = lazy(() => withWords(import("@/features/account/passkey-login")));

const linkClass = "rounded-sm font-medium text-accent underline-offset-4 hover:underline";

export default function LoginPage() {
  const { t } = useLingui();
  useDocumentTitle(t`Log in`);
  const query = useQueryParameters();
  const next = query.get("next") ?? undefined;
  const reason = query.get("reason");
  const { data: instance } = useQuery(instanceQuery());
  const [problem, setProblem] = useState<string | null>(null);
  const [unproved, setUnproved] = useState(false);
  const [needed, setNeeded] = useState<SecondFactorNeeded | null>(null);
  const form: Form<LoginForm> = useForm<LoginForm>({
    schema: loginSchema,
    initial: { email: "", password: "" },
    onSubmit: async (body) => {
      setProblem(null);
      try {
        const answer = await logIn({ body });
        if ("challenge" in answer) setNeeded(answer);
        else enter(answer);
      } catch (error) {
        if (isApiError(error, "invalid_body")) return applyServerErrors(error, form);
        if (isApiError(error, "sso_required")) {
          setPendingAddress(body.email);
          return navigate({ to: "/single-sign-on", search: { next, why: "required" } });
        }
        setProblem(errorMessage(error));
        const refused = isApiError(error, "invalid_credentials");
        // The server says no more than that, to nobody; so this is said to everybody.
        setUnproved(refused && instance?.requires_verified_email === true);
        setPendingAddress(body.email);
        if (refused) form.focus("password");
      }
    },
  });

  if (needed) {
    return (
      <Suspense fallback={null}>
        <SecondFactor
          needed={needed}
          email={form.values.email}
          onRestart={(why) => {
            setNeeded(null);
            setProblem(why);
            form.reset({ email: form.values.email, password: "" });
          }}
        />
      </Suspense>
    );
  }

  return (
    <AuthLayout
      title={t`Welcome back`}
      footer={
        <Trans>
          New to Parlance?{" "}
          <Link to="/signup" search={{ next }} className={linkClass}>
            Create an account
          </Link>
        </Trans>
      }
    >
      {instance && instance.identity_providers.length > 0 && (
        <Suspense fallback={null}>
          <ProviderButtons providers={instance.identity_providers} next={next} />
        </Suspense>
      )}
      <form {...form.props} className="space-y-5">
        {reason === "expired" && !problem && (
          <Notice tone="warning">
            <Trans>Your session has ended. Log in to go on where you were.</Trans>
          </Notice>
        )}
        {reason === "reused" && !problem && (
          <Notice tone="warning">{codeMessage("refresh_reused")}</Notice>
        )}
        {problem && (
          <Notice tone="danger">
            {problem}
            {unproved && (
              <p className="mt-1">
                <Trans>
                  If you have just signed up, open the link in our letter first.{" "}
                  <Link to="/check-email" className="rounded-sm font-medium underline">
                    Send it again
                  </Link>
                </Trans>
              </p>
            )}
          </Notice>
        )}
        <Field label={t`E-mail`} error={form.errors.email}>
          {(control) => (
            <Input
              {...control}
              {...form.field("email")}
              type="email"
              inputMode="email"
              autoComplete="username webauthn"
              autoFocus
            />
          )}
        </Field>
        <Field label={t`Password`} error={form.errors.password}>
          {(control) => (
            <PasswordInput
              {...control}
              {...form.field("password")}
              autoComplete="current-password"
            />
          )}
        </Field>
        {instance && instance.mail !== "none" && (
          <p className="text-end text-sm">
            <Link to="/forgot-password" className={linkClass}>
              <Trans>Forgot your password?</Trans>
            </Link>
          </p>
        )}
        <Button type="submit" variant="primary" size="lg" pending={form.pending} className="w-full">
          <Trans>Log in</Trans>
        </Button>
        <p className="text-center text-sm">
          <Link to="/single-sign-on" search={{ next }} className={linkClass}>
            <Trans>Use single sign-on</Trans>
          </Link>
        </p>
        {/* Its room is kept while it loads, so that nothing moves away from under a pointer. */}
        {instance?.passkeys !== false && (
          <Suspense fallback={<div className="h-11" />}>
            {instance ? <PasskeyLogin onProblem={setProblem} /> : <div className="h-11" />}
          </Suspense>
        )}
      </form>
    </AuthLayout>
  );
}
