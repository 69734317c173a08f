import { Trans, useLingui } from "@lingui/react/macro";
import { forgotPassword } from "@parlance/api";
import { Notice } from "@parlance/ui";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { AuthLayout } from "@/features/auth/auth-layout";
import { instanceQuery } from "@/features/auth/instance";
import { pendingAddress } from "@/features/auth/pending";
import { useDocumentTitle } from "@/lib/use-document-title";
import { AddressFields } from "./address-form";
import { BackToLogin } from "./check-email-page";
import { LetterHint } from "./letter-hint";

/** Asks for a link to a new password. */
export function ForgotPage() {
  const { t } = useLingui();
  useDocumentTitle(t`Forgot your password?`);
  const { data: instance } = useQuery(instanceQuery());
  const [sentTo, setSentTo] = useState<string | null>(null);

  if (instance?.mail === "none") {
    return (
      <AuthLayout title={t`Forgot your password?`} footer={<BackToLogin />}>
        <Notice>
          <Trans>
            This installation sends no mail. Ask whoever runs it for help with your account.
          </Trans>
        </Notice>
      </AuthLayout>
    );
  }
  if (sentTo !== null) {
    return (
      <AuthLayout
        title={t`Check your e-mail`}
        subtitle={
          <Trans>
            If <strong className="font-medium text-fg">{sentTo}</strong> has an account, a letter
            with a link is on its way. It is good for an hour.
          </Trans>
        }
        footer={<BackToLogin />}
      >
        <LetterHint />
      </AuthLayout>
    );
  }
  return (
    <AuthLayout
      title={t`Forgot your password?`}
      subtitle={t`We send you a letter with a link to set a new one.`}
      footer={<BackToLogin />}
    >
      <AddressFields
        initial={pendingAddress()}
        button={<Trans>Send the letter</Trans>}
        send={(email) => forgotPassword({ body: { email } })}
        sent={setSentTo}
      />
    </AuthLayout>
  );
}
