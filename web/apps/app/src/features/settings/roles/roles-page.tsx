/** The roles of a workspace: the built-in ones, and those that it has made. */
import { Plural, Trans, useLingui } from "@lingui/react/macro";
import { deleteRole, isApiError, type WorkspaceRole } from "@parlance/api";
import { Button, cn, EmptyState, Skeleton, toast } from "@parlance/ui";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ChevronRight, Plus, UserCog } from "lucide-react";
import { lazy, Suspense, useId, useState } from "react";
import { usePermission, useSession } from "@/features/session/use-session";
import { ListPanel } from "@/features/settings/list-panel";
import { NoPermission } from "@/features/settings/no-permission";
import { Section, SettingsPage } from "@/features/settings/section";
import { toastError } from "@/lib/errors";
import { RowMenu } from "@/lib/row-menu";
import { PermissionList } from "./permission-list";
import { roleKeys, rolesQuery } from "./queries";
import { covers } from "./roles.logic";
import { useRoles } from "./use-roles";

const ConfirmDialog = lazy(() => import("@/lib/confirm-dialog"));
const RoleDialog = lazy(() => import("./role-dialog"));

export default function RolesPage() {
  const { t } = useLingui();
  const allowed = usePermission("roles.read");
  const manages = usePermission("roles.manage");
  const mine = useSession()?.permissions ?? [];
  const queries = useQueryClient();
  const [open, setOpen] = useState<{ role?: WorkspaceRole } | null>(null);
  const [deleting, setDeleting] = useState<WorkspaceRole | null>(null);
  const list = useQuery({ ...rolesQuery(), enabled: allowed });
  const renew = () => queries.invalidateQueries({ queryKey: roleKeys.all });
  const remove = useMutation({
    mutationFn: (role: WorkspaceRole) => deleteRole({ path: { id: role.id } }),
    onSuccess: () => toast.success(t`Role deleted`),
    onError: (error) =>
      isApiError(error, "role_in_use")
        ? toast.error(
            t`Somebody has this role. Give members, groups and invitations another one first.`,
          )
        : toastError(error),
    onSettled: () => {
      setDeleting(null);
      void renew();
    },
  });

  const title = t`Roles`;
  if (!allowed) return <NoPermission title={title} />;
  const name = deleting?.name ?? "";
  const part = (builtIn: boolean) => ({
    ...list,
    data: list.data?.filter((role) => role.built_in === builtIn),
  });
  const waiting = <Skeleton className="h-5 w-48" />;
  return (
    <SettingsPage
      title={title}
      intro={t`What members may do. Give a role to one member, or to a group and so to whoever is in it.`}
    >
      <Section
        title={t`Roles of this workspace`}
        action={
          manages && (
            <Button variant="primary" size="sm" disabled={!list.data} onClick={() => setOpen({})}>
              <Plus size={16} aria-hidden />
              <Trans>New role</Trans>
            </Button>
          )
        }
      >
        <ListPanel
          query={part(false)}
          waiting={waiting}
          renderRow={(role) => (
            <RoleRow
              key={role.id}
              role={role}
              onEdit={
                manages && covers(mine, role.permissions) ? () => setOpen({ role }) : undefined
              }
              onDelete={() => setDeleting(role)}
            />
          )}
          empty={
            <EmptyState
              icon={<UserCog size={20} />}
              title={t`No roles of your own yet`}
              action={
                manages && (
                  <Button onClick={() => setOpen({})}>
                    <Trans>Make a role</Trans>
                  </Button>
                )
              }
            >
              <Trans>The built-in ones are enough for most teams.</Trans>
            </EmptyState>
          }
        />
      </Section>
      <Section
        title={t`Built-in roles`}
        description={t`Each may do all that the one below it may. They can't be changed.`}
      >
        <ListPanel
          query={part(true)}
          waiting={waiting}
          renderRow={(role) => <RoleRow key={role.id} role={role} />}
          empty={null}
        />
      </Section>
      <Suspense fallback={null}>
        {open && list.data && (
          <RoleDialog
            role={open.role}
            roles={list.data}
            onSaved={() => {
              toast.success(open.role ? t`Role changed` : t`Role created`);
              setOpen(null);
              void renew();
            }}
            onClose={() => setOpen(null)}
          />
        )}
        {deleting && (
          <ConfirmDialog
            title={t`Delete ${name}?`}
            confirmLabel={t`Delete`}
            pending={remove.isPending}
            onConfirm={() => remove.mutate(deleting)}
            onClose={() => setDeleting(null)}
          >
            <Trans>A role that somebody has can't be deleted.</Trans>
          </ConfirmDialog>
        )}
      </Suspense>
    </SettingsPage>
  );
}

function RoleRow({
  role,
  onEdit,
  onDelete,
}: {
  role: WorkspaceRole;
  /** Absent: the person may only look. */
  onEdit?: () => void;
  onDelete?: () => void;
}) {
  const { t } = useLingui();
  const { label } = useRoles();
  const [expanded, setExpanded] = useState(false);
  const list = useId();
  const words: Record<string, string> = {
    owner: t`Does everything, and alone hands the workspace on or deletes it.`,
    admin: t`Looks after people, costs and settings.`,
    member: t`Chats, makes API keys and sees who else is here.`,
    guest: t`Reads what is theirs.`,
  };
  const description = role.built_in ? words[role.id] : role.description;
  return (
    <li className="px-4 py-2">
      <div className="flex items-center gap-3">
        <button
          type="button"
          aria-expanded={expanded}
          aria-controls={list}
          onClick={() => setExpanded(!expanded)}
          className="-ms-2 flex min-h-11 min-w-0 flex-1 items-center gap-2 rounded-md px-2 py-1.5 text-start text-sm hover:bg-hover"
        >
          <ChevronRight
            size={16}
            aria-hidden
            className={cn("shrink-0 text-subtle transition-transform", expanded && "rotate-90")}
          />
          <span className="min-w-0">
            <span className="flex flex-wrap items-baseline gap-x-2">
              <span className="min-w-0 truncate font-medium">{label(role)}</span>
              <span className="text-subtle">
                <Plural value={role.members} one="# member" other="# members" />
                {role.groups > 0 && (
                  <>
                    {" · "}
                    <Plural value={role.groups} one="# group" other="# groups" />
                  </>
                )}
              </span>
            </span>
            {description && (
              <span className="block text-[0.8125rem] text-subtle">{description}</span>
            )}
          </span>
        </button>
        {onEdit && onDelete && <RowMenu name={role.name} onEdit={onEdit} onDelete={onDelete} />}
      </div>
      <div id={list}>
        {expanded && (
          <div className="ms-6 pt-2 pb-3">
            {role.permissions.length > 0 ? (
              <PermissionList permissions={role.permissions} />
            ) : (
              <p className="text-sm text-muted">
                <Trans>It allows nothing yet.</Trans>
              </p>
            )}
          </div>
        )}
      </div>
    </li>
  );
}
