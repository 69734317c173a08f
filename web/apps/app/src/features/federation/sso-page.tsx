import { Trans, useLingui } from "@lingui/react/macro";
import { beginSso, isApiError } from "@parlance/api";
import { Button, Field, Input, Notice } from "@parlance/ui";
import { useState } from "react";
import * as z from "zod/mini";
import { BackToLogin } from "@/features/account/check-email-page";
import { AuthLayout } from "@/features/auth/auth-layout";
import { pendingAddress } from "@/features/auth/pending";
import { safeNext } from "@/features/session/next.logic";
import { errorMessage } from "@/lib/errors";
import { applyServerErrors } from "@/lib/forms";
import { useQueryParameters } from "@/lib/navigation";
import { useDocumentTitle } from "@/lib/use-document-title";
import { useForm, type Form } from "@/lib/use-form";
import { leave } from "./go";

/** Sends people to their company's identity provider, which is found by the domain of their address. */
export default function SsoPage() {
  const { t } = useLingui();
  useDocumentTitle(t`Single sign-on`);
  const query = useQueryParameters();
  const next = query.get("next");
  const [problem, setProblem] = useState<string | null>(null);
  const form: Form<{ email: string }> = useForm({
    schema: z.object({ email: z.string().check(z.email(t`Enter an e-mail address.`)) }),
    initial: { email: pendingAddress() },
    onSubmit: async ({ email }) => {
      setProblem(null);
      try {
        const { authorization_url } = await beginSso({ body: { email, next: safeNext(next) } });
        await leave(authorization_url);
      } catch (error) {
        if (isApiError(error, "invalid_body")) return applyServerErrors(error, form);
        const unknown = isApiError(error, "not_found");
        setProblem(
          unknown
            ? t`There is no single sign-on for this domain. Log in with your password, or ask your administrator.`
            : errorMessage(error),
        );
      }
    },
  });
  return (
    <AuthLayout
      title={t`Single sign-on`}
      subtitle={t`Your company's login says who you are.`}
      footer={<BackToLogin />}
    >
      <form {...form.props} className="space-y-5">
        {query.get("why") === "required" && !problem && (
          <Notice tone="warning">
            <Trans>Your workspace wants you to sign in with its single sign-on.</Trans>
          </Notice>
        )}
        {problem && <Notice tone="danger">{problem}</Notice>}
        <Field label={t`Work e-mail`} error={form.errors.email}>
          {(control) => (
            <Input
              {...control}
              {...form.field("email")}
              type="email"
              inputMode="email"
              autoComplete="username"
              autoFocus
            />
          )}
        </Field>
        <Button type="submit" variant="primary" size="lg" pending={form.pending} className="w-full">
          <Trans>Continue</Trans>
        </Button>
      </form>
    </AuthLayout>
  );
}
