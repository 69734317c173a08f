import { zodResolver } from "@hookform/resolvers/zod";
import { Trans, useLingui } from "@lingui/react/macro";
import { isApiError, logIn } from "@parlance/api";
import { Button, Field, Input, Notice } from "@parlance/ui";
import { Link, useRouter, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { useForm } from "react-hook-form";
import { errorMessage } from "@/lib/errors";
import { applyServerErrors } from "@/lib/forms";
import { useDocumentTitle } from "@/lib/use-document-title";
import { AuthLayout } from "./auth-layout";
import { enter } from "./enter";
import { PasswordInput } from "./password-input";
import { loginSchema, type LoginForm } from "./schemas";

export default function LoginPage() {
  const { t } = useLingui();
  useDocumentTitle(t`Log in`);
  const { history } = useRouter();
  const { next, reason } = useSearch({ from: "/auth" });
  const [problem, setProblem] = useState<string | null>(null);
  const form = useForm<LoginForm>({
    resolver: zodResolver(loginSchema),
    defaultValues: { email: "", password: "" },
  });
  const { errors, isSubmitting } = form.formState;

  const submit = form.handleSubmit(async (body) => {
    setProblem(null);
    try {
      await enter(await logIn({ body }), next, history.push);
    } catch (error) {
      if (isApiError(error, "invalid_body")) return applyServerErrors(error, form);
      setProblem(errorMessage(error));
      if (isApiError(error, "invalid_credentials"))
        form.setFocus("password", { shouldSelect: true });
    }
  });

  return (
    <AuthLayout
      title={t`Welcome back`}
      footer={
        <Trans>
          New to Parlance?{" "}
          <Link
            to="/signup"
            search={next ? { next } : {}}
            className="rounded-sm font-medium text-accent underline-offset-4 hover:underline"
          >
            Create an account
          </Link>
        </Trans>
      }
    >
      <form onSubmit={submit} noValidate className="space-y-5">
        {reason === "expired" && !problem && (
          <Notice tone="warning">
            <Trans>Your session has ended. Log in to go on where you were.</Trans>
          </Notice>
        )}
        {problem && <Notice tone="danger">{problem}</Notice>}
        <Field label={t`E-mail`} error={errors.email?.message}>
          {(control) => (
            <Input
              {...control}
              {...form.register("email")}
              type="email"
              inputMode="email"
              autoComplete="username"
              autoFocus
            />
          )}
        </Field>
        <Field label={t`Password`} error={errors.password?.message}>
          {(control) => (
            <PasswordInput
              {...control}
              {...form.register("password")}
              autoComplete="current-password"
            />
          )}
        </Field>
        <Button type="submit" variant="primary" size="lg" pending={isSubmitting} className="w-full">
          <Trans>Log in</Trans>
        </Button>
      </form>
    </AuthLayout>
  );
}
