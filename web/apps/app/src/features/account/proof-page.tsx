import { Trans, useLingui } from "@lingui/react/macro";
import { getMe, isApiError, patchSessionUser, verifyEmail } from "@parlance/api";
import { Button, buttonClass, Notice } from "@parlance/ui";
import { useState } from "react";
import { AuthLayout } from "@/features/auth/auth-layout";
import { useSession } from "@/features/session/use-session";
import { errorMessage } from "@/lib/errors";
import { Link } from "@/lib/navigation";
import { useDocumentTitle } from "@/lib/use-document-title";
import { BackToLogin } from "./check-email-page";
import { forgetLink, linkSecret } from "./link";

/**
 * Proves an address with the link of a letter. By a press of a button: programs that look at mail open
 * links too, and must not use them up.
 */
export function ProofPage({ step }: { step: "verify-email" | "change-email" }) {
  const { t } = useLingui();
  const changes = step === "change-email";
  const title = changes ? t`Use this address` : t`Confirm your address`;
  useDocumentTitle(title);
  const session = useSession();
  const [token] = useState(linkSecret);
  const [state, setState] = useState<"open" | "pending" | "dead" | "done">(token ? "open" : "dead");
  const [problem, setProblem] = useState<string | null>(null);

  const prove = async () => {
    setProblem(null);
    setState("pending");
    try {
      await verifyEmail({ body: { token } });
    } catch (error) {
      if (isApiError(error, "link_invalid")) return setState("dead");
      setState("open");
      return setProblem(errorMessage(error));
    }
    forgetLink();
    // Whoever is logged in here sees it at once.
    if (session) {
      await getMe().then(
        ({ user }) => patchSessionUser(user),
        () => null,
      );
    }
    setState("done");
  };

  if (state === "dead") {
    return (
      <AuthLayout
        title={t`This link doesn't work any more`}
        subtitle={t`It was used, a day has passed, or a newer one has replaced it.`}
        footer={<BackToLogin />}
      >
        <Link
          to={changes ? "/settings/security" : "/check-email"}
          className={buttonClass("primary", "lg")}
        >
          <Trans>Ask for a new link</Trans>
        </Link>
      </AuthLayout>
    );
  }
  if (state === "done") {
    return (
      <AuthLayout
        title={changes ? t`Your account has the new address` : t`Your address is confirmed`}
        subtitle={changes ? t`Log in with it from now on.` : t`Everything is ready for you.`}
      >
        <Link to="/" className={buttonClass("primary", "lg")}>
          <Trans>Go on</Trans>
        </Link>
      </AuthLayout>
    );
  }
  return (
    <AuthLayout
      title={title}
      subtitle={
        changes
          ? t`From then on you log in with it, and letters about your account come here.`
          : t`One press, and it is done.`
      }
    >
      <div className="space-y-5">
        {problem && <Notice tone="danger">{problem}</Notice>}
        <Button
          variant="primary"
          size="lg"
          pending={state === "pending"}
          onClick={() => void prove()}
          className="w-full"
        >
          {changes ? <Trans>Use this address</Trans> : <Trans>Confirm</Trans>}
        </Button>
      </div>
    </AuthLayout>
  );
}
