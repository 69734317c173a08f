/** The second half of a login: a code, a passkey, or a recovery code. */
import { Trans, useLingui } from "@lingui/react/macro";
import {
  finishLogIn,
  isApiError,
  type ProofBody,
  type SecondFactor as Method,
  type SecondFactorNeeded,
} from "@parlance/api";
import { Button, Notice } from "@parlance/ui";
import { Fingerprint } from "lucide-react";
import { useState } from "react";
import { AuthLayout } from "@/features/auth/auth-layout";
import { enter } from "@/features/auth/enter";
import { CodeForm } from "./code-form";
import { faultMessage } from "./faults";
import { askForPasskey, notePasskey, passkeyProblem, supportsPasskeys } from "./passkeys";

export default function SecondFactor({
  needed: { challenge, methods },
  email,
  onRestart,
}: {
  needed: SecondFactorNeeded;
  email: string;
  /** Back to the password; with what went wrong, if something did. */
  onRestart: (problem: string | null) => void;
}) {
  const { t } = useLingui();
  const usable = methods.filter((method) => method !== "passkey" || supportsPasskeys());
  const [method, setMethod] = useState<Method>(usable[0] ?? "recovery_code");
  const [problem, setProblem] = useState<string | null>(null);
  const [asking, setAsking] = useState(false);
  const names: Record<Method, string> = {
    totp: t`Use a code of your authenticator app`,
    passkey: t`Use a passkey`,
    recovery_code: t`Use a recovery code`,
  };

  const finish = async (proof: ProofBody) => {
    setProblem(null);
    enter(await finishLogIn({ body: { challenge, proof } }));
  };
  const fail = (error: unknown) => {
    if (isApiError(error, "challenge_ended")) onRestart(faultMessage(error));
    else setProblem(faultMessage(error));
  };
  const withPasskey = async () => {
    setAsking(true);
    setProblem(null);
    try {
      const answer = await askForPasskey();
      await finish({ method: "passkey", ...answer });
      notePasskey();
    } catch (error) {
      if (isApiError(error)) fail(error);
      else setProblem(passkeyProblem(error));
    } finally {
      setAsking(false);
    }
  };

  return (
    <AuthLayout title={t`One more step`} subtitle={email}>
      <div className="space-y-5">
        {problem && <Notice tone="danger">{problem}</Notice>}
        {method === "passkey" ? (
          <Button
            variant="primary"
            size="lg"
            autoFocus
            pending={asking}
            className="w-full"
            onClick={() => void withPasskey()}
          >
            <Fingerprint size={18} aria-hidden />
            <Trans>Use your passkey</Trans>
          </Button>
        ) : (
          <CodeForm
            key={method}
            kind={method}
            label={t`Log in`}
            onCode={(code) => finish({ method, code })}
            onFailure={fail}
          />
        )}
        <ul className="space-y-1 border-t border-line pt-4">
          {usable
            .filter((other) => other !== method)
            .map((other) => (
              <li key={other}>
                <Button
                  variant="ghost"
                  className="w-full justify-start!"
                  onClick={() => {
                    setProblem(null);
                    setMethod(other);
                  }}
                >
                  {names[other]}
                </Button>
              </li>
            ))}
          <li>
            <Button
              variant="ghost"
              className="w-full justify-start!"
              onClick={() => onRestart(null)}
            >
              <Trans>Log in as somebody else</Trans>
            </Button>
          </li>
        </ul>
      </div>
    </AuthLayout>
  );
}
