import { Trans, useLingui } from "@lingui/react/macro";
import { removeMember, updateMember, type Member } from "@parlance/api";
import { Badge, IconButton, NativeSelect, toast } from "@parlance/ui";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { ListChecks, UserMinus } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { usePermission, useSession } from "@/features/session/use-session";
import { UserAvatar } from "@/features/session/user-avatar";
import { toastError } from "@/lib/errors";
import { roleKeys } from "../roles/queries";
import { choiceOf } from "../roles/roles.logic";
import { useRoles } from "../roles/use-roles";
import { memberKeys } from "./queries";

const ConfirmDialog = lazy(() => import("@/lib/confirm-dialog"));
const ExplanationDialog = lazy(() => import("../roles/explanation-dialog"));

export function MemberRow({ member }: { member: Member }) {
  const { t } = useLingui();
  const queries = useQueryClient();
  const session = useSession();
  const manages = usePermission("members.manage");
  const [confirming, setConfirming] = useState(false);
  const name = member.name || member.email;
  const self = session?.user.id === member.user_id;
  const roles = useRoles();
  const editable = manages && !self && roles.mayChange(member);
  const [explaining, setExplaining] = useState(false);
  const renew = () => {
    void queries.invalidateQueries({ queryKey: roleKeys.all });
    return queries.invalidateQueries({ queryKey: memberKeys.all });
  };
  const change = useMutation({
    mutationFn: (role: string) =>
      updateMember({ path: { user_id: member.user_id }, body: { role } }),
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
      <IconButton label={t`What ${name} may do`} onClick={() => setExplaining(true)}>
        <ListChecks size={17} aria-hidden />
      </IconButton>
      {editable ? (
        <div className="flex items-center gap-2">
          <NativeSelect
            aria-label={t`Role of ${name}`}
            className="w-40 text-sm"
            value={change.isPending ? change.variables : choiceOf(member)}
            disabled={change.isPending}
            onChange={(event) => change.mutate(event.target.value)}
          >
            {roles.options(member).map(({ id, label }) => (
              <option key={id} value={id}>
                {label}
              </option>
            ))}
          </NativeSelect>
          <IconButton label={t`Remove ${name}`} onClick={() => setConfirming(true)}>
            <UserMinus size={17} aria-hidden />
          </IconButton>
        </div>
      ) : (
        <span className="text-sm text-muted">{roles.nameOf(member)}</span>
      )}
      {explaining && (
        <Suspense fallback={null}>
          <ExplanationDialog
            userId={member.user_id}
            name={name}
            onClose={() => setExplaining(false)}
          />
        </Suspense>
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
