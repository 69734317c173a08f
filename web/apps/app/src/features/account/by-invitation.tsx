/** For whoever wants to sign up where that takes an invitation. */
import { Trans, useLingui } from "@lingui/react/macro";
import { buttonClass } from "@parlance/ui";
import { AuthLayout } from "@/features/auth/auth-layout";
import { Link } from "@/lib/navigation";

export default function ByInvitation() {
  const { t } = useLingui();
  return (
    <AuthLayout
      title={t`Sign-up is by invitation`}
      subtitle={t`Ask somebody who is in already to invite you, and open the link of the invitation.`}
    >
      <Link to="/login" className={buttonClass("primary", "lg")}>
        <Trans>Log in</Trans>
      </Link>
    </AuthLayout>
  );
}
