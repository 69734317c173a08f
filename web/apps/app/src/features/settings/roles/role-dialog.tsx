/** What a role of the workspace's own is called, and what it allows. */
import { msg } from "@lingui/core/macro";
import { useLingui } from "@lingui/react/macro";
import {
  createRole,
  isApiError,
  updateRole,
  type Permission,
  type Role,
  type WorkspaceRole,
} from "@parlance/api";
import { i18n } from "@parlance/i18n";
import { Button, Field, Input, NativeSelect } from "@parlance/ui";
import { Checkbox, Choices } from "@parlance/ui/choice";
import { Dialog } from "@parlance/ui/dialog";
import { useState } from "react";
import * as z from "zod/mini";
import { useSession } from "@/features/session/use-session";
import { workspaceSchema } from "@/features/shell/workspace-schema";
import { applyServerErrors } from "@/lib/forms";
import { useForm, type Form } from "@/lib/use-form";
import { useIdempotency } from "@/lib/use-idempotency";
import { useRoleNames } from "../workspace/use-role-names";
import { byTheme, covers, grantable } from "./roles.logic";
import { usePermissionNames, useThemeNames } from "./use-permission-names";

const BASES: readonly Role[] = ["guest", "member", "admin"];

const roleSchema = z.object({
  ...workspaceSchema.shape,
  description: z
    .string()
    .check(z.maxLength(300, { error: () => i18n._(msg`At most 300 characters.`) })),
  base: z.string(),
});
type RoleForm = z.infer<typeof roleSchema>;

export default function RoleDialog({
  role,
  roles,
  onSaved,
  onClose,
}: {
  /** Absent: a new one. */
  role?: WorkspaceRole;
  roles: readonly WorkspaceRole[];
  onSaved: () => void;
  onClose: () => void;
}) {
  const { t } = useLingui();
  const once = useIdempotency();
  const names = useRoleNames();
  const nameOf = usePermissionNames();
  const themes = useThemeNames();
  const mine: readonly string[] = useSession()?.permissions ?? [];
  const allowedBy = (base: string): readonly Permission[] =>
    roles.find(({ id }) => id === base)?.permissions ?? [];
  const [listed, setListed] = useState<ReadonlySet<Permission>>(
    () => new Set(role?.permissions.filter((it) => !allowedBy(role.base ?? "").includes(it))),
  );
  const form: Form<RoleForm> = useForm<RoleForm>({
    schema: roleSchema,
    initial: {
      name: role?.name ?? "",
      description: role?.description ?? "",
      base: role ? (role.base ?? "") : "guest",
    },
    onSubmit: async ({ name, description, base }) => {
      const body = {
        name,
        description,
        base: base === "" ? null : (base as Role),
        permissions: [...listed],
      };
      try {
        if (role) await updateRole({ path: { id: role.id }, body });
        else await once(body, createRole);
        onSaved();
      } catch (error) {
        if (isApiError(error, "conflict")) {
          form.setError("name", t`There is a role of this name already.`);
        } else applyServerErrors(error, form);
      }
    },
  });
  const inherited = allowedBy(form.values.base);
  const toggle = (permission: Permission) => {
    const next = new Set(listed);
    if (!next.delete(permission)) next.add(permission);
    setListed(next);
  };
  return (
    <Dialog
      open
      strict
      onOpenChange={(open) => !open && onClose()}
      title={role ? t`Edit role` : t`New role`}
      closeLabel={t`Close`}
      className="max-w-xl!"
      footer={
        <>
          <Button onClick={onClose}>{t`Cancel`}</Button>
          <Button type="submit" form="role" variant="primary" pending={form.pending}>
            {role ? t`Save` : t`Create role`}
          </Button>
        </>
      }
    >
      <form id="role" {...form.props} className="space-y-5">
        <Field label={t`Name`} error={form.errors.name}>
          {(control) => (
            <Input
              {...control}
              {...form.field("name")}
              autoComplete="off"
              placeholder={t`Budget keeper`}
            />
          )}
        </Field>
        <Field label={t`What it is for`} error={form.errors.description}>
          {(control) => <Input {...control} {...form.field("description")} autoComplete="off" />}
        </Field>
        <Field
          label={t`Based on`}
          hint={t`It may do all that this role may, and what you tick besides.`}
        >
          {(control) => (
            <NativeSelect
              {...control}
              value={form.values.base}
              onChange={(event) => form.set("base", event.target.value)}
            >
              <option value="">{t`No role`}</option>
              {BASES.filter((base) => covers(mine, allowedBy(base))).map((base) => (
                <option key={base} value={base}>
                  {names[base]}
                </option>
              ))}
            </NativeSelect>
          )}
        </Field>
        {byTheme(grantable(roles)).map((group) => (
          <Choices key={group.theme} legend={themes[group.theme]}>
            {group.permissions.map((permission) => {
              const fromBase = inherited.includes(permission);
              const held = mine.includes(permission);
              const base = names[form.values.base as Role];
              return (
                <Checkbox
                  key={permission}
                  label={nameOf(permission)}
                  hint={
                    fromBase
                      ? t`From the role “${base}”`
                      : held
                        ? undefined
                        : t`You may not do this yourself.`
                  }
                  checked={fromBase || listed.has(permission)}
                  disabled={fromBase || !held}
                  onChange={() => toggle(permission)}
                />
              );
            })}
          </Choices>
        ))}
      </form>
    </Dialog>
  );
}
