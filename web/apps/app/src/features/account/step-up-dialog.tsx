import { Trans, useLingui } from "@lingui/react/macro";
import { isApiError, stepUp, type ProofBody, type ProofMethod } from "@parlance/api";
import { Button, Field, Notice } from "@parlance/ui";
import { Dialog } from "@parlance/ui/dialog";
import { useState } from "react";
import { PasswordInput } from "@/features/auth/password-input";
import { useSession } from "@/features/session/use-session";
import { applyServerErrors } from "@/lib/forms";
import { useForm, type Form } from "@/lib/use-form";
import { CodeForm } from "./code-form";
import { passwordOnlySchema, type PasswordOnlyForm } from "./code-schema";
import { FIELD_FAULTS, faultMessage } from "./faults";
import { OtherMethods, PasskeyProof, usableOf } from "./proof-methods";

export function StepUpDialog({
  methods,
  onDone,
}: {
  methods: readonly ProofMethod[];
  onDone: (proved: boolean) => void;
}) {
  const { t } = useLingui();
  const email = useSession()?.user.email ?? "";
  const usable = usableOf(methods);
  const [method, setMethod] = useState<ProofMethod>(usable[0] ?? "password");
  const [problem, setProblem] = useState<string | null>(null);
  const names: Record<ProofMethod, string> = {
    password: t`Use your password`,
    totp: t`Use a code of your authenticator app`,
    passkey: t`Use a passkey`,
  };

  const prove = async (body: ProofBody) => {
    setProblem(null);
    await stepUp({ body });
    onDone(true);
  };
  const fail = (error: unknown) => setProblem(faultMessage(error));

  return (
    <Dialog
      open
      strict
      onOpenChange={(open) => !open && onDone(false)}
      title={t`Confirm that it is you`}
      description={
        <Trans>
          What you are about to do is worth a second look. We won't ask again for a while.
        </Trans>
      }
      closeLabel={t`Cancel`}
    >
      <div className="space-y-4 pb-3">
        {problem && <Notice tone="danger">{problem}</Notice>}
        {method === "password" && (
          <PasswordForm
            email={email}
            onPassword={(password) => prove({ method, password })}
            onFailure={fail}
          />
        )}
        {method === "totp" && (
          <CodeForm
            kind="totp"
            label={t`Confirm`}
            onCode={(code) => prove({ method, code })}
            onFailure={fail}
          />
        )}
        {method === "passkey" && (
          <PasskeyProof prove={prove} onProblem={setProblem} onFailure={fail} />
        )}
        <OtherMethods
          methods={usable.filter((other) => other !== method)}
          names={names}
          onChoose={(other) => {
            setProblem(null);
            setMethod(other);
          }}
        />
      </div>
    </Dialog>
  );
}

function PasswordForm({
  email,
  onPassword,
  onFailure,
}: {
  email: string;
  onPassword: (password: string) => Promise<void>;
  onFailure: (error: unknown) => void;
}) {
  const { t } = useLingui();
  const form: Form<PasswordOnlyForm> = useForm<PasswordOnlyForm>({
    schema: passwordOnlySchema,
    initial: { password: "" },
    onSubmit: async ({ password }) => {
      try {
        await onPassword(password);
      } catch (error) {
        if (isApiError(error, "invalid_body")) applyServerErrors(error, form, FIELD_FAULTS);
        else onFailure(error);
      }
    },
  });
  return (
    <form {...form.props} className="space-y-4">
      <input type="text" autoComplete="username" value={email} readOnly hidden />
      <Field label={t`Your password`} error={form.errors.password}>
        {(control) => (
          <PasswordInput
            {...control}
            {...form.field("password")}
            autoFocus
            autoComplete="current-password"
          />
        )}
      </Field>
      <Button type="submit" variant="primary" size="lg" pending={form.pending} className="w-full">
        <Trans>Confirm</Trans>
      </Button>
    </form>
  );
}
