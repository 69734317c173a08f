/** Stands in place of everything while an account waits for its end. */
import { Trans, useLingui } from "@lingui/react/macro";
import { patchSessionEnd, restoreAccount } from "@parlance/api";
import { formatDateTime } from "@parlance/i18n";
import { Button } from "@parlance/ui";
import { useState } from "react";
import { AuthLayout } from "@/features/auth/auth-layout";
import { signOut } from "@/features/session/actions";
import { toastError } from "@/lib/errors";
import { useDocumentTitle } from "@/lib/use-document-title";

export default function ClosingPage({ erasesAt }: { erasesAt: string }) {
  const { t } = useLingui();
  const [pending, setPending] = useState(false);
  const until = formatDateTime(erasesAt);
  useDocumentTitle(t`Your account will be deleted`);
  return (
    <AuthLayout
      title={t`Your account will be deleted`}
      subtitle={
        <Trans>
          On {until} your conversations, files and personal details are erased for good. Until then
          you can keep it all.
        </Trans>
      }
    >
      <div className="space-y-3">
        <Button
          variant="primary"
          size="lg"
          className="w-full"
          pending={pending}
          onClick={() => {
            setPending(true);
            restoreAccount()
              .then(() => patchSessionEnd(null), toastError)
              .finally(() => setPending(false));
          }}
        >
          <Trans>Keep my account</Trans>
        </Button>
        <Button size="lg" className="w-full" onClick={() => void signOut()}>
          <Trans>Log out</Trans>
        </Button>
      </div>
    </AuthLayout>
  );
}
