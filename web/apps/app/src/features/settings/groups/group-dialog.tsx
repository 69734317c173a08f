/** A group's name and who is in it. */
import { useLingui } from "@lingui/react/macro";
import {
  addGroupMember,
  createGroup,
  giveGroupRole,
  isApiError,
  removeGroupMember,
  updateGroup,
  type Group,
  type Member,
} from "@parlance/api";
import { Button, Field, Input, NativeSelect, Skeleton } from "@parlance/ui";
import { Checkbox, Choices } from "@parlance/ui/choice";
import { Dialog } from "@parlance/ui/dialog";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { usePermission } from "@/features/session/use-session";
import { workspaceSchema, type WorkspaceForm } from "@/features/shell/workspace-schema";
import { applyServerErrors } from "@/lib/forms";
import { LoadError } from "@/lib/load-error";
import { useForm, type Form } from "@/lib/use-form";
import { useIdempotency } from "@/lib/use-idempotency";
import { choiceOf } from "../roles/roles.logic";
import { useRoles } from "../roles/use-roles";
import { changesOf, matching } from "./groups.logic";
import { everybodyQuery, groupMembersQuery } from "./queries";

/** Beyond this, people are searched for. */
const SEARCHED = 8;

export default function GroupDialog({
  group,
  onSaved,
  onClose,
}: {
  /** Absent: a new one. */
  group?: Group;
  onSaved: () => void;
  onClose: () => void;
}) {
  const { t } = useLingui();
  const once = useIdempotency();
  const everybody = useQuery(everybodyQuery());
  const current = useQuery({ ...groupMembersQuery(group?.id ?? ""), enabled: group !== undefined });
  const before = new Set(group ? (current.data ?? []).map(({ user_id }) => user_id) : []);
  // Undefined until somebody is ticked: then it is as it was.
  const [chosen, setChosen] = useState<ReadonlySet<string>>();
  const after = chosen ?? before;
  const givesRoles = usePermission("roles.manage");
  const roles = useRoles();
  const held = group?.role ? { role: group.role, custom_role: group.custom_role } : undefined;
  const given = held ? choiceOf(held) : "";
  const [role, setRole] = useState(given);
  const ready = everybody.data !== undefined && (!group || current.data !== undefined);

  const form: Form<WorkspaceForm> = useForm<WorkspaceForm>({
    schema: workspaceSchema,
    initial: { name: group?.name ?? "" },
    onSubmit: async (body) => {
      try {
        let id = group?.id;
        if (id === undefined) id = (await once(body, createGroup)).id;
        else if (body.name !== group?.name) await updateGroup({ path: { id }, body });
        if (role !== given) await giveGroupRole({ path: { id }, body: { role: role || null } });
        const { added, removed } = changesOf(before, after);
        for (const user_id of added) await addGroupMember({ path: { id, user_id } });
        for (const user_id of removed) await removeGroupMember({ path: { id, user_id } });
        onSaved();
      } catch (error) {
        if (isApiError(error, "conflict")) {
          form.setError("name", t`There is a group of this name already.`);
        } else applyServerErrors(error, form);
      }
    },
  });
  const error = everybody.error ?? current.error;

  return (
    <Dialog
      open
      strict
      onOpenChange={(open) => !open && onClose()}
      title={group ? t`Edit group` : t`New group`}
      closeLabel={t`Close`}
      className="max-w-lg!"
      footer={
        <>
          <Button onClick={onClose}>{t`Cancel`}</Button>
          <Button
            type="submit"
            form="group"
            variant="primary"
            pending={form.pending}
            disabled={!ready}
          >
            {group ? t`Save` : t`Create group`}
          </Button>
        </>
      }
    >
      <form id="group" {...form.props} className="space-y-5">
        <Field label={t`Name`} error={form.errors.name}>
          {(control) => (
            <Input
              {...control}
              {...form.field("name")}
              autoComplete="off"
              placeholder={t`Research`}
            />
          )}
        </Field>
        {givesRoles && (
          <Field label={t`Role`} hint={t`Whoever is in the group has it beside their own role.`}>
            {(control) => (
              <NativeSelect
                {...control}
                value={role}
                onChange={(event) => setRole(event.target.value)}
              >
                <option value="">{t`No role`}</option>
                {roles
                  .options(held)
                  .filter(({ id }) => id !== "owner")
                  .map(({ id, label }) => (
                    <option key={id} value={id}>
                      {label}
                    </option>
                  ))}
              </NativeSelect>
            )}
          </Field>
        )}
        {error ? (
          <LoadError
            error={error}
            onRetry={() => void Promise.all([everybody.refetch(), group && current.refetch()])}
          />
        ) : ready ? (
          <People members={everybody.data} chosen={after} onChange={setChosen} />
        ) : (
          <div aria-busy className="space-y-3">
            <Skeleton className="h-5 w-48" />
            <Skeleton className="h-5 w-40" />
          </div>
        )}
      </form>
    </Dialog>
  );
}

function People({
  members,
  chosen,
  onChange,
}: {
  members: readonly Member[];
  chosen: ReadonlySet<string>;
  onChange: (chosen: ReadonlySet<string>) => void;
}) {
  const { t } = useLingui();
  const [search, setSearch] = useState("");
  const shown = matching(members, search);
  const toggle = (id: string) => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    onChange(next);
  };
  return (
    <Choices legend={t`Members`}>
      {members.length > SEARCHED && (
        <Input
          type="search"
          aria-label={t`Search members`}
          placeholder={t`Search members`}
          value={search}
          onChange={(event) => setSearch(event.target.value)}
        />
      )}
      <div className="max-h-72 space-y-3 overflow-y-auto py-1">
        {shown.map((member) => (
          <Checkbox
            key={member.user_id}
            label={member.name || member.email}
            hint={member.name ? member.email : undefined}
            checked={chosen.has(member.user_id)}
            onChange={() => toggle(member.user_id)}
          />
        ))}
        {shown.length === 0 && <p className="text-sm text-muted">{t`Nobody is called that.`}</p>}
      </div>
    </Choices>
  );
}
