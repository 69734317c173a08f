import { Trans, useLingui } from "@lingui/react/macro";
import { removeMember, updateMember, type Member, type Role } from "@parlance/api";
import { Badge, IconButton, NativeSelect, toast } from "@parlance/ui";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { UserMinus } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { usePermission, useSession } from "@/features/session/use-session";
import { UserAvatar } from "@/features/session/user-avatar";
import { toastError } from "@/lib/errors";
import { memberKeys } from "./queries";
import { assignableRoles, outranks } from "./roles.logic";
import { useRoleNames } from "./use-role-names";

const ConfirmDialog = lazy(() => import("@/lib/confirm-dialog"));

export function MemberRow({ member }: { member: Member }) {
  const { t } = useLingui();
  const queries = useQueryClient();
  const session = useSession();
  const manages = usePermission("members.manage");
  const [confirming, setConfirming] = useState(false);
  const name = member.name || member.email;
  const self = session?.user.id === member.user_id;
  const mine = session?.workspace.role ?? "guest";
  const editable = manages && !self && outranks(mine, member.role);
  const roleNames = useRoleNames();
  const renew = () => queries.invalidateQueries({ queryKey: memberKeys.all });
  const change = useMutation({
    mutationFn: (role: Role) => updateMember({ path: { user_id: member.user_id }, body: { role } }),
    onSuccess: () => toast.success(t`Role changed`),
    onError: toastError,
    onSettled: renew,
  });
  const remove = useMutation({
    mutationFn: () => removeMember({ path: { user_id: member.user_id } }),
    onSuccess: () => {
      setConfirming(false);
      toast.success(t`${name} was removed`);
    },
    onError: toastError,
    onSettled: renew,
  });

  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-3 px-4 py-3">
      <UserAvatar id={member.user_id} name={name} url={member.avatar_url} size="lg" />
      <div className="min-w-40 flex-1">
        <p className="flex items-center gap-2 text-sm font-medium">
          <span className="truncate">{name}</span>
          {self && (
            <Badge>
              <Trans>You</Trans>
            </Badge>
          )}
        </p>
        <p className="truncate text-[0.8125rem] text-subtle">{member.email}</p>
      </div>
      {editable ? (
        <div className="flex items-center gap-2">
          <NativeSelect
            aria-label={t`Role of ${name}`}
            className="w-40 text-sm"
            value={change.isPending ? change.variables : member.role}
            disabled={change.isPending}
            onChange={(event) => change.mutate(event.target.value as Role)}
          >
            {assignableRoles(mine).map((role) => (
              <option key={role} value={role}>
                {roleNames[role]}
              </option>
            ))}
          </NativeSelect>
          <IconButton label={t`Remove ${name}`} onClick={() => setConfirming(true)}>
            <UserMinus size={17} aria-hidden />
          </IconButton>
        </div>
      ) : (
        <span className="text-sm text-muted">{roleNames[member.role]}</span>
      )}
      {confirming && (
        <Suspense fallback={null}>
          <ConfirmDialog
            title={t`Remove ${name}?`}
            confirmLabel={t`Remove`}
            pending={remove.isPending}
            onConfirm={() => remove.mutate()}
            onClose={() => setConfirming(false)}
          >
            <Trans>They lose access to this workspace and what they wrote in it.</Trans>
          </ConfirmDialog>
        </Suspense>
      )}
    </li>
  );
}
