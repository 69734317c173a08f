import type { WorkspaceRole } from "@parlance/api";
import { useQuery } from "@tanstack/react-query";
import { usePermission, useSession } from "@/features/session/use-session";
import { assignableRoles, outranks } from "@/features/settings/workspace/roles.logic";
import { useRoleNames } from "@/features/settings/workspace/use-role-names";
import { rolesQuery } from "./queries";
import { assignable, choiceOf, mayChange, type Held } from "./roles.logic";

export interface RoleOption {
  id: string;
  label: string;
}

/** The workspace's roles: what they are called, which can be given, and whose can be changed. */
export function useRoles() {
  const session = useSession();
  const reads = usePermission("roles.read");
  const builtIn = useRoleNames();
  const { data } = useQuery({ ...rolesQuery(), enabled: reads });
  const mine = session?.permissions ?? [];
  const own = session?.workspace.role ?? "guest";
  const label = (role: WorkspaceRole) =>
    role.built_in ? (builtIn[role.id as keyof typeof builtIn] ?? role.name) : role.name;
  const nameOf = (held: Held) => held.custom_role?.name ?? builtIn[held.role];
  return {
    label,
    nameOf,
    /** Those that the caller may give; and the present one, which a choice has to show. */
    options: (present?: Held): RoleOption[] => {
      const given = data
        ? assignable(data, mine).map((role) => ({ id: role.id, label: label(role) }))
        : assignableRoles(own).map((id) => ({ id, label: builtIn[id] }));
      const current = present && choiceOf(present);
      return !present || given.some(({ id }) => id === current)
        ? given
        : [{ id: choiceOf(present), label: nameOf(present) }, ...given];
    },
    mayChange: (held: Held) => (data ? mayChange(data, mine, held) : outranks(own, held.role)),
  };
}
