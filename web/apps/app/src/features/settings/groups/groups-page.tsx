import { Plural, Trans, useLingui } from "@lingui/react/macro";
import { deleteGroup, type Group } from "@parlance/api";
import { Badge, Button, cn, EmptyState, Skeleton, toast } from "@parlance/ui";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ChevronRight, Plus, UsersRound } from "lucide-react";
import { lazy, Suspense, useId, useState } from "react";
import { budgetKeys } from "@/features/budgets/queries";
import { usePermission } from "@/features/session/use-session";
import { UserAvatar } from "@/features/session/user-avatar";
import { ListPanel } from "@/features/settings/list-panel";
import { NoPermission } from "@/features/settings/no-permission";
import { Section, SettingsPage } from "@/features/settings/section";
import { toastError } from "@/lib/errors";
import { LoadError } from "@/lib/load-error";
import { RowMenu } from "@/lib/row-menu";
import { memberKeys } from "../workspace/queries";
import { roleKeys } from "../roles/queries";
import { useRoles } from "../roles/use-roles";
import { groupKeys, groupMembersQuery, groupsQuery } from "./queries";

const ConfirmDialog = lazy(() => import("@/lib/confirm-dialog"));
const GroupDialog = lazy(() => import("./group-dialog"));

export default function GroupsPage() {
  const { t } = useLingui();
  const allowed = usePermission("groups.read");
  const manages = usePermission("groups.manage");
  const queries = useQueryClient();
  const [open, setOpen] = useState<{ kind: "create" } | { kind: "edit"; group: Group } | null>(
    null,
  );
  const [deleting, setDeleting] = useState<Group | null>(null);
  const list = useQuery({ ...groupsQuery(), enabled: allowed });
  const renew = () => {
    // Which budgets a person sees depends on their groups.
    void queries.invalidateQueries({ queryKey: budgetKeys.all });
    // So does what its members may do.
    void queries.invalidateQueries({ queryKey: memberKeys.all });
    void queries.invalidateQueries({ queryKey: roleKeys.all });
    return queries.invalidateQueries({ queryKey: groupKeys.all });
  };
  const remove = useMutation({
    mutationFn: (group: Group) => deleteGroup({ path: { id: group.id } }),
    onSuccess: () => {
      setDeleting(null);
      toast.success(t`Group deleted`);
    },
    onError: toastError,
    onSettled: renew,
  });

  const title = t`Groups`;
  if (!allowed) return <NoPermission title={title} />;
  const name = deleting?.name ?? "";
  return (
    <SettingsPage
      title={title}
      intro={t`Members who belong together. A budget can be over what a group spends, and a role can be given to all of them.`}
    >
      <Section
        title={t`Groups of this workspace`}
        action={
          manages && (
            <Button variant="primary" size="sm" onClick={() => setOpen({ kind: "create" })}>
              <Plus size={16} aria-hidden />
              <Trans>New group</Trans>
            </Button>
          )
        }
      >
        <ListPanel
          query={list}
          waiting={<Skeleton className="h-5 w-48" />}
          renderRow={(group) => (
            <GroupRow
              key={group.id}
              group={group}
              onEdit={manages ? () => setOpen({ kind: "edit", group }) : undefined}
              onDelete={() => setDeleting(group)}
            />
          )}
          empty={
            <EmptyState
              icon={<UsersRound size={20} />}
              title={t`No groups yet`}
              action={
                manages && (
                  <Button onClick={() => setOpen({ kind: "create" })}>
                    <Trans>Make a group</Trans>
                  </Button>
                )
              }
            >
              {manages ? (
                <Trans>Put members together, such as a team or a department.</Trans>
              ) : (
                <Trans>Nobody has made a group in this workspace.</Trans>
              )}
            </EmptyState>
          }
        />
      </Section>
      <Suspense fallback={null}>
        {open && (
          <GroupDialog
            group={open.kind === "edit" ? open.group : undefined}
            onSaved={() => {
              toast.success(open.kind === "edit" ? t`Group changed` : t`Group created`);
              setOpen(null);
              void renew();
            }}
            onClose={() => {
              setOpen(null);
              void renew();
            }}
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
            <Trans>Its members stay in the workspace. Budgets over it stop nobody any more.</Trans>
          </ConfirmDialog>
        )}
      </Suspense>
    </SettingsPage>
  );
}

function GroupRow({
  group,
  onEdit,
  onDelete,
}: {
  group: Group;
  /** Absent: the person may only look. */
  onEdit?: () => void;
  onDelete: () => void;
}) {
  const { t } = useLingui();
  const roles = useRoles();
  const [expanded, setExpanded] = useState(false);
  const list = useId();
  const role = group.role && roles.nameOf({ role: group.role, custom_role: group.custom_role });
  return (
    <li className="px-4 py-2">
      <div className="flex items-center gap-3">
        <button
          type="button"
          aria-expanded={expanded}
          aria-controls={list}
          onClick={() => setExpanded(!expanded)}
          className="-ms-2 flex min-h-11 min-w-0 flex-1 items-center gap-2 rounded-md px-2 text-start text-sm hover:bg-hover"
        >
          <ChevronRight
            size={16}
            aria-hidden
            className={cn("shrink-0 text-subtle transition-transform", expanded && "rotate-90")}
          />
          <span className="flex min-w-0 flex-wrap items-center gap-x-2 gap-y-0.5">
            <span className="min-w-0 truncate font-medium">{group.name}</span>
            <span className="shrink-0 text-subtle">
              <Plural value={group.members} one="# member" other="# members" />
            </span>
            {role && <Badge>{t`Role: ${role}`}</Badge>}
          </span>
        </button>
        {onEdit && <RowMenu name={group.name} onEdit={onEdit} onDelete={onDelete} />}
      </div>
      <div id={list}>{expanded && <GroupMembers id={group.id} />}</div>
    </li>
  );
}

function GroupMembers({ id }: { id: string }) {
  const { data, error, refetch } = useQuery(groupMembersQuery(id));
  if (error) return <LoadError error={error} onRetry={() => void refetch()} />;
  if (!data) return <Skeleton className="my-2 ms-6 h-5 w-40" />;
  if (data.length === 0) {
    return (
      <p className="ms-6 pb-2 text-sm text-muted">
        <Trans>Nobody is in it yet.</Trans>
      </p>
    );
  }
  return (
    <ul className="ms-6 space-y-2 pt-1 pb-2">
      {data.map((member) => {
        const name = member.name || member.email;
        return (
          <li key={member.user_id} className="flex items-center gap-2.5 text-sm">
            <UserAvatar id={member.user_id} name={name} url={member.avatar_url} />
            <span className="truncate">{name}</span>
          </li>
        );
      })}
    </ul>
  );
}
