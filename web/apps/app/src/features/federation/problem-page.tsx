import { Trans, useLingui } from "@lingui/react/macro";
import { buttonClass } from "@parlance/ui";
import type { ReactNode } from "react";
import { AuthLayout } from "@/features/auth/auth-layout";
import { useSession } from "@/features/session/use-session";
import { Link, useQueryParameters } from "@/lib/navigation";
import { useDocumentTitle } from "@/lib/use-document-title";
import { providerName } from "./names";

/** Why a sign-in with another provider came to nothing, and what to do. */
export default function ProblemPage() {
  const { t } = useLingui();
  const query = useQueryParameters();
  const signedIn = useSession() !== null;
  const name = providerName(query.get("provider") ?? "") || t`the provider`;
  const words: Record<string, { title: string; text: ReactNode }> = {
    state: {
      title: t`This sign-in has run out`,
      text: (
        <Trans>
          It was begun in another browser, took longer than ten minutes, or was used already. Begin
          again.
        </Trans>
      ),
    },
    cancelled: {
      title: t`You have not signed in`,
      text: <Trans>{name} didn't confirm who you are.</Trans>,
    },
    email_unverified: {
      title: t`Your address isn't verified`,
      text: (
        <Trans>
          {name} has not verified an e-mail address of yours. Verify it there, or sign up here with
          your address and a password.
        </Trans>
      ),
    },
    account_exists: {
      title: t`You have an account already`,
      text: (
        <Trans>
          Your address has an account here. Log in the way you did so far; then you can connect{" "}
          {name} under Settings, Security.
        </Trans>
      ),
    },
    disabled: {
      title: t`This account is disabled`,
      text: <Trans>Ask whoever runs this installation to open it again.</Trans>,
    },
    sign_up_closed: {
      title: t`Sign-up is closed`,
      text: <Trans>There is no account for you yet. Ask an administrator for one.</Trans>,
    },
    taken: {
      title: t`It belongs to another account`,
      text: (
        <Trans>
          This account of {name} is connected to another account here. Disconnect it there first.
        </Trans>
      ),
    },
    off: {
      title: t`This login is turned off`,
      text: <Trans>Ask your administrator how to sign in now.</Trans>,
    },
    other_domain: {
      title: t`Your address is of another domain`,
      text: (
        <Trans>
          Your company's login vouches for addresses of its own domains only. Ask your
          administrator.
        </Trans>
      ),
    },
    sso_required: {
      title: t`Use your company's login`,
      text: <Trans>Your workspace wants you to sign in with its single sign-on.</Trans>,
    },
    signed_out: {
      title: t`You were signed out`,
      text: <Trans>Log in again, and connect {name} once more.</Trans>,
    },
    unavailable: {
      title: t`${name} can't be reached`,
      text: (
        <Trans>
          It didn't answer, or it is not set up right. Try again in a moment; if that doesn't help,
          tell whoever runs this installation.
        </Trans>
      ),
    },
  };
  const { title, text } = words[query.get("why") ?? ""] ?? {
    title: t`The answer can't be trusted`,
    text: (
      <Trans>
        What came back from {name} is not an answer to your sign-in, so nobody was signed in. Begin
        again; if it happens once more, tell whoever runs this installation.
      </Trans>
    ),
  };
  useDocumentTitle(title);
  return (
    <AuthLayout title={title} subtitle={text}>
      <Link
        to={signedIn ? "/settings/security" : "/login"}
        className={`${buttonClass("primary", "lg")} w-full`}
      >
        {signedIn ? <Trans>Back to Security</Trans> : <Trans>Back to the login</Trans>}
      </Link>
    </AuthLayout>
  );
}
