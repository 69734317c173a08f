import { Trans, useLingui } from "@lingui/react/macro";
import { resendVerification } from "@parlance/api";
import { Button, buttonClass, Notice } from "@parlance/ui";
import { useState } from "react";
import { AuthLayout } from "@/features/auth/auth-layout";
import { pendingAddress, setPendingAddress } from "@/features/auth/pending";
import { errorMessage } from "@/lib/errors";
import { Link } from "@/lib/navigation";
import { useDocumentTitle } from "@/lib/use-document-title";
import { AddressFields } from "./address-form";
import { LetterHint } from "./letter-hint";

/** After sign-up, until the address is proved. */
export function CheckEmailPage() {
  const { t } = useLingui();
  useDocumentTitle(t`Check your e-mail`);
  const [email, setEmail] = useState(pendingAddress);
  const [again, setAgain] = useState<"no" | "pending" | "sent">("no");
  const [problem, setProblem] = useState<string | null>(null);
  const send = (address: string) => resendVerification({ body: { email: address } });

  if (!email) {
    return (
      <AuthLayout
        title={t`Send the letter again`}
        subtitle={t`Which address did you sign up with?`}
        footer={<BackToLogin />}
      >
        <AddressFields
          initial=""
          button={<Trans>Send the letter</Trans>}
          send={send}
          sent={(address) => {
            setPendingAddress(address);
            setEmail(address);
            setAgain("sent");
          }}
        />
      </AuthLayout>
    );
  }

  const resend = async () => {
    setAgain("pending");
    setProblem(null);
    try {
      await send(email);
      setAgain("sent");
    } catch (error) {
      setAgain("no");
      setProblem(errorMessage(error));
    }
  };
  return (
    <AuthLayout
      title={t`Check your e-mail`}
      subtitle={
        <Trans>
          We have sent a letter to <strong className="font-medium text-fg">{email}</strong>. Open
          its link to go on.
        </Trans>
      }
      footer={
        <Trans>
          A wrong address?{" "}
          <Link to="/signup" className={linkClass}>
            Sign up again
          </Link>
        </Trans>
      }
    >
      <div className="space-y-5">
        {problem && <Notice tone="danger">{problem}</Notice>}
        <div role="status">
          {again === "sent" && (
            <Notice>
              <Trans>
                Sent, if the address waits for a letter. A few in an hour go out at most.
              </Trans>
            </Notice>
          )}
        </div>
        <LetterHint />
        <div className="flex flex-wrap gap-3">
          <Link to="/login" className={buttonClass("primary", "lg")}>
            <Trans>Log in</Trans>
          </Link>
          <Button size="lg" pending={again === "pending"} onClick={() => void resend()}>
            <Trans>Send it again</Trans>
          </Button>
        </div>
      </div>
    </AuthLayout>
  );
}

const linkClass = "rounded-sm font-medium text-accent underline-offset-4 hover:underline";

export function BackToLogin() {
  return (
    <Link to="/login" className={linkClass}>
      <Trans>Back to login</Trans>
    </Link>
  );
}
