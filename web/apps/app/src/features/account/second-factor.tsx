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
import { useState } from "react";
import { AuthLayout } from "@/features/auth/auth-layout";
import { enter } from "@/features/auth/enter";
import { CodeForm } from "./code-form";
import { faultMessage } from "./faults";
import { OtherMethods, PasskeyProof, usableOf } from "./proof-methods";

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
  const usable = usableOf(methods);
  const [method, setMethod] = useState<Method>(usable[0] ?? "recovery_code");
  const [problem, setProblem] = useState<string | null>(null);
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

  return (
    <AuthLayout title={t`One more step`} subtitle={email}>
      <div className="space-y-5">
        {problem && <Notice tone="danger">{problem}</Notice>}
        {method === "passkey" ? (
          <PasskeyProof prove={finish} onProblem={setProblem} onFailure={fail} />
        ) : (
          <CodeForm
            key={method}
            kind={method}
            label={t`Log in`}
            onCode={(code) => finish({ method, code })}
            onFailure={fail}
          />
        )}
        <OtherMethods
          methods={usable.filter((other) => other !== method)}
          names={names}
          onChoose={(other) => {
            setProblem(null);
            setMethod(other);
          }}
        >
          <li>
            <Button
              variant="ghost"
              className="w-full justify-start!"
              onClick={() => onRestart(null)}
            >
              <Trans>Log in as somebody else</Trans>
            </Button>
          </li>
        </OtherMethods>
      </div>
    </AuthLayout>
  );
}
