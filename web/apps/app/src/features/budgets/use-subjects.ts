/** Whom a budget can be for, and what they are called. */
import { useLingui } from "@lingui/react/macro";
import type { ApiKeyInfo, BudgetSubject, Group, Member } from "@parlance/api";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { keysQuery } from "@/features/keys/queries";
import { usePermission, useSession } from "@/features/session/use-session";
import { groupsQuery } from "@/features/settings/groups/queries";
import { membersQuery } from "@/features/settings/workspace/queries";

export interface Subjects {
  members: Member[];
  groups: Group[];
  /** Those that still exist. */
  keys: ApiKeyInfo[];
  knows: (subject: BudgetSubject) => boolean;
  nameOf: (subject: BudgetSubject) => string;
}

export function useSubjects(): Subjects {
  const { t } = useLingui();
  const session = useSession();
  const seesMembers = usePermission("members.read");
  const seesKeys = usePermission("keys.create");
  const seesGroups = usePermission("groups.read");
  const groups = useQuery({ ...groupsQuery(), enabled: seesGroups }).data ?? [];
  const members = useInfiniteQuery({ ...membersQuery(), enabled: seesMembers });
  const keys = useInfiniteQuery({ ...keysQuery(), enabled: seesKeys });
  const people = members.data?.pages.flatMap((page) => page.data) ?? [];
  const allKeys = keys.data?.pages.flatMap((page) => page.data) ?? [];
  const find = (subject: BudgetSubject) => {
    if (subject.kind === "workspace") return t`The whole workspace`;
    if (subject.kind === "group") return groups.find((group) => group.id === subject.id)?.name;
    if (subject.kind === "key") return allKeys.find((key) => key.id === subject.id)?.name;
    const member = people.find((person) => person.user_id === subject.id);
    if (member) return member.name || member.email;
    return session?.user.id === subject.id ? session.user.name : undefined;
  };
  const unknown = { user: t`A former member`, key: t`A key`, group: t`A group that was deleted` };
  return {
    members: people,
    groups,
    keys: allKeys.filter((key) => key.revoked_at === null),
    knows: (subject) => {
      switch (subject.kind) {
        case "workspace":
          return true;
        case "user":
          return people.some((person) => person.user_id === subject.id);
        case "group":
          return groups.some((group) => group.id === subject.id);
        case "key":
          return allKeys.some((key) => key.id === subject.id && key.revoked_at === null);
      }
    },
    nameOf: (subject) =>
      find(subject) ?? (subject.kind === "workspace" ? "" : unknown[subject.kind]),
  };
}
