/** Who is invited, for those who may invite. */
import { Plural, Trans, useLingui } from "@lingui/react/macro";
import {
  resendInvitation,
  revokeInvitation,
  type Invitation,
  type MadeInvitation,
} from "@parlance/api";
import { formatDateTime, formatUntil, i18n } from "@parlance/i18n";
import { Badge, Button, EmptyState, IconButton, Skeleton, toast } from "@parlance/ui";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link2, Mail, RefreshCw, Trash2, UserPlus } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useRoles } from "@/features/settings/roles/use-roles";
import { toastError } from "@/lib/errors";
import { LoadError } from "@/lib/load-error";
import { Panel, Section } from "../section";
import { hasRunOut } from "./invitations.logic";
import { invitationKeys, invitationsQuery } from "./queries";

const ConfirmDialog = lazy(() => import("@/lib/confirm-dialog"));
const InviteDialog = lazy(() => import("./invite-dialog"));
const LinkDialog = lazy(() => import("./link-dialog"));

export function Invitations() {
  const { t } = useLingui();
  const queries = useQueryClient();
  const [inviting, setInviting] = useState(false);
  const [made, setMade] = useState<MadeInvitation | null>(null);
  const [revoking, setRevoking] = useState<Invitation | null>(null);
  const { data, error, refetch } = useQuery(invitationsQuery());
  const renew = () => queries.invalidateQueries({ queryKey: invitationKeys.all });
  const resend = useMutation({
    mutationFn: ({ id }: Invitation) =>
      resendInvitation({ path: { id }, body: { locale: i18n.locale } }),
    onSuccess: setMade,
    onError: toastError,
    onSettled: renew,
  });
  const revoke = useMutation({
    mutationFn: ({ id }: Invitation) => revokeInvitation({ path: { id } }),
    onSuccess: () => {
      setRevoking(null);
      toast.success(t`Invitation taken back`);
    },
    onError: toastError,
    onSettled: renew,
  });
  return (
    <Section
      title={t`Invitations`}
      action={
        <Button variant="primary" size="sm" onClick={() => setInviting(true)}>
          <UserPlus size={16} aria-hidden />
          <Trans>Invite people</Trans>
        </Button>
      }
    >
      <Panel>
        {error ? (
          <LoadError error={error} onRetry={() => void refetch()} />
        ) : !data ? (
          <div aria-busy className="px-4 py-4">
            <Skeleton className="h-5 w-56" />
          </div>
        ) : data.length === 0 ? (
          <EmptyState icon={<UserPlus size={20} />} title={t`Nobody is invited`}>
            <Trans>Invite colleagues by e-mail, or make a link and hand it over.</Trans>
          </EmptyState>
        ) : (
          <ul className="divide-y divide-line">
            {data.map((invitation) => (
              <InvitationRow
                key={invitation.id}
                invitation={invitation}
                pending={resend.isPending && resend.variables?.id === invitation.id}
                onResend={() => resend.mutate(invitation)}
                onRevoke={() => setRevoking(invitation)}
              />
            ))}
          </ul>
        )}
      </Panel>
      <Suspense fallback={null}>
        {inviting && (
          <InviteDialog
            onMade={(invitation) => {
              setInviting(false);
              setMade(invitation);
              void renew();
            }}
            onClose={() => setInviting(false)}
          />
        )}
        {made && <LinkDialog made={made} onClose={() => setMade(null)} />}
        {revoking && (
          <ConfirmDialog
            title={t`Take this invitation back?`}
            confirmLabel={t`Take back`}
            pending={revoke.isPending}
            onConfirm={() => revoke.mutate(revoking)}
            onClose={() => setRevoking(null)}
          >
            <Trans>Its link leads nowhere any more. Who came in by it stays.</Trans>
          </ConfirmDialog>
        )}
      </Suspense>
    </Section>
  );
}

function InvitationRow({
  invitation,
  pending,
  onResend,
  onRevoke,
}: {
  invitation: Invitation;
  pending: boolean;
  onResend: () => void;
  onRevoke: () => void;
}) {
  const { t } = useLingui();
  const roles = useRoles();
  const [now] = useState(() => Date.now());
  const { email, uses, max_uses, expires_at } = invitation;
  const left = max_uses - uses;
  const when = formatUntil(expires_at);
  const name = email ?? t`Link`;
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-3 px-4 py-3">
      <span className="grid size-9 shrink-0 place-items-center rounded-full bg-active text-muted">
        {email ? <Mail size={16} aria-hidden /> : <Link2 size={16} aria-hidden />}
      </span>
      <div className="min-w-40 flex-1">
        <p className="flex flex-wrap items-center gap-x-2 gap-y-1 text-sm font-medium">
          <span className="min-w-0 truncate">{name}</span>
          <Badge>{roles.nameOf(invitation)}</Badge>
        </p>
        <p className="text-[0.8125rem] text-subtle" title={formatDateTime(expires_at)}>
          {hasRunOut(invitation, now) ? <Trans>has run out</Trans> : <Trans>ends {when}</Trans>}
          {!email && (
            <>
              {" · "}
              <Plural value={left} one="# more may come in" other="# more may come in" />
            </>
          )}
        </p>
      </div>
      {roles.mayChange(invitation) && (
        <div className="flex items-center gap-2">
          <Button size="sm" pending={pending} onClick={onResend}>
            <RefreshCw size={15} aria-hidden />
            {email ? <Trans>Send again</Trans> : <Trans>New link</Trans>}
          </Button>
          <IconButton label={t`Take back: ${name}`} onClick={onRevoke}>
            <Trash2 size={17} aria-hidden />
          </IconButton>
        </div>
      )}
    </li>
  );
}
