/** Where an invitation's link leads: says into what, and lets the person in once they are signed in. */
import { Trans, useLingui } from "@lingui/react/macro";
import {
  acceptInvitation,
  ensureSession,
  hasSessionHint,
  isApiError,
  type InvitationView,
} from "@parlance/api";
import { formatUntil } from "@parlance/i18n";
import { Button, buttonClass, Notice, Skeleton, toast } from "@parlance/ui";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { AuthLayout } from "@/features/auth/auth-layout";
import { enterWorkspace, signOut } from "@/features/session/actions";
import { useSessionState } from "@/features/session/use-session";
import { useRoleNames } from "@/features/settings/workspace/use-role-names";
import { errorMessage } from "@/lib/errors";
import { LoadError } from "@/lib/load-error";
import { Link, navigate, usePlace } from "@/lib/navigation";
import { useDocumentTitle } from "@/lib/use-document-title";
import { isFor } from "./invitations.logic";
import { invitationQuery } from "./queries";

export default function InvitePage() {
  const { t } = useLingui();
  useDocumentTitle(t`Invitation`);
  const place = usePlace();
  const token = place.page === "invite" ? place.token : "";
  const { status } = useSessionState();
  const [asking, setAsking] = useState(() => status === "unknown" && hasSessionHint());
  const { data, error, refetch } = useQuery(invitationQuery(token));

  useEffect(() => {
    if (!asking) return;
    // Without an answer the person can still sign in.
    void ensureSession()
      .catch(() => null)
      .finally(() => setAsking(false));
  }, [asking]);

  if (isApiError(error, "invitation_ended") || isApiError(error, "not_found")) {
    return (
      <AuthLayout
        title={t`This invitation has ended`}
        subtitle={t`It has run out, was taken back or is used up. Ask whoever sent it for another one.`}
      >
        <Link to="/" className={buttonClass("primary", "lg")}>
          <Trans>Open Parlance</Trans>
        </Link>
      </AuthLayout>
    );
  }
  if (error) {
    return (
      <AuthLayout title={t`Invitation`}>
        <LoadError error={error} onRetry={() => void refetch()} />
      </AuthLayout>
    );
  }
  if (!data || asking) {
    return (
      <AuthLayout title={t`Invitation`}>
        <div aria-busy className="space-y-3">
          <Skeleton className="h-5 w-64" />
          <Skeleton className="h-11" />
        </div>
      </AuthLayout>
    );
  }
  return <Invited invitation={data} token={token} />;
}

function Invited({ invitation, token }: { invitation: InvitationView; token: string }) {
  const { t } = useLingui();
  const roleNames = useRoleNames();
  const { session } = useSessionState();
  const workspace = invitation.workspace_name;
  const inviter = invitation.inviter_name;
  const role = invitation.custom_role?.name ?? roleNames[invitation.role];
  const when = formatUntil(invitation.expires_at);
  const accept = useMutation({
    mutationFn: () => acceptInvitation({ body: { token } }),
    onSuccess: async (accepted) => {
      await enterWorkspace(accepted.workspace.id, () => navigate({ to: "/", replace: true }));
      toast.success(
        accepted.joined ? t`Welcome to ${workspace}` : t`You are a member of ${workspace} already`,
      );
    },
  });
  const next = `/invite/${token}`;
  const email = session?.user.email ?? "";
  const invited = invitation.email ?? "";
  return (
    <AuthLayout
      title={t`Join ${workspace}`}
      subtitle={
        <Trans>
          {inviter} invites you to work there. Your role: {role}. The invitation ends {when}.
        </Trans>
      }
      footer={session ? <Trans>You are signed in as {email}.</Trans> : undefined}
    >
      <div className="space-y-4">
        {accept.error && <Notice tone="danger">{errorMessage(accept.error)}</Notice>}
        {!session ? (
          <>
            {invited && (
              <Notice tone="warning">
                <Trans>It is for {invited}. Use that address.</Trans>
              </Notice>
            )}
            <Link
              to="/signup"
              search={{ next }}
              className={`${buttonClass("primary", "lg")} w-full`}
            >
              <Trans>Create an account</Trans>
            </Link>
            <Link
              to="/login"
              search={{ next }}
              className={`${buttonClass("secondary", "lg")} w-full`}
            >
              <Trans>Log in</Trans>
            </Link>
          </>
        ) : isFor(invitation.email, email) ? (
          <Button
            variant="primary"
            size="lg"
            className="w-full"
            pending={accept.isPending}
            onClick={() => accept.mutate()}
          >
            <Trans>Accept the invitation</Trans>
          </Button>
        ) : (
          <>
            <Notice tone="warning">
              <Trans>It is for {invited}. Log out, and sign in with that address.</Trans>
            </Notice>
            <Button size="lg" className="w-full" onClick={() => void signOut()}>
              <Trans>Log out</Trans>
            </Button>
          </>
        )}
      </div>
    </AuthLayout>
  );
}
