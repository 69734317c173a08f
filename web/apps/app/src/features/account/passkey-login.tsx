/** The way in without a password: by a button, and among what the browser fills in. */
import { Trans } from "@lingui/react/macro";
import { isApiError, logInWithPasskey } from "@parlance/api";
import { Button } from "@parlance/ui";
import { Fingerprint } from "lucide-react";
import { useEffect, useState } from "react";
import { enter } from "@/features/auth/enter";
import { faultMessage } from "./faults";
import {
  askForPasskey,
  notePasskey,
  offersPasskeys,
  passkeyProblem,
  supportsPasskeys,
} from "./passkeys";

async function logInByPasskey(autofill: boolean) {
  const session = await logInWithPasskey({ body: await askForPasskey(autofill) });
  notePasskey();
  enter(session);
}

export default function PasskeyLogin({
  onProblem,
}: {
  onProblem: (problem: string | null) => void;
}) {
  const [asking, setAsking] = useState(false);

  useEffect(() => {
    let here = true;
    void (async () => {
      if (!(await offersPasskeys()) || !here) return;
      try {
        await logInByPasskey(true);
      } catch (error) {
        // Nobody has asked for it, so only a refusal by the server is worth a word.
        if (here && isApiError(error) && error.status === 422) onProblem(faultMessage(error));
      }
    })();
    return () => {
      here = false;
    };
  }, [onProblem]);

  if (!supportsPasskeys()) return null;
  return (
    <Button
      size="lg"
      pending={asking}
      className="w-full"
      onClick={() => {
        setAsking(true);
        onProblem(null);
        void logInByPasskey(false)
          .catch((error: unknown) =>
            onProblem(isApiError(error) ? faultMessage(error) : passkeyProblem(error)),
          )
          .finally(() => setAsking(false));
      }}
    >
      <Fingerprint size={18} aria-hidden />
      <Trans>Log in with a passkey</Trans>
    </Button>
  );
}
