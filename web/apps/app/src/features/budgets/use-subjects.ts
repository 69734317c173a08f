/** Whom a budget can be for, and what they are called. */
import { useLingui } from "@lingui/react/macro";
import type { ApiKeyInfo, BudgetSubject, Member } from "@parlance/api";
import { useInfiniteQuery } from "@tanstack/react-query";
import { keysQuery } from "@/features/keys/queries";
import { usePermission, useSession } from "@/features/session/use-session";
import { membersQuery } from "@/features/settings/workspace/queries";

export interface Subjects {
  members: Member[];
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
  const members = useInfiniteQuery({ ...membersQuery(), enabled: seesMembers });
  const keys = useInfiniteQuery({ ...keysQuery(), enabled: seesKeys });
  const people = members.data?.pages.flatMap((page) => page.data) ?? [];
  const allKeys = keys.data?.pages.flatMap((page) => page.data) ?? [];
  const find = (subject: BudgetSubject) => {
    if (subject.kind === "workspace") return t`The whole workspace`;
    if (subject.kind === "key") return allKeys.find((key) => key.id === subject.id)?.name;
    const member = people.find((person) => person.user_id === subject.id);
    if (member) return member.name || member.email;
    return session?.user.id === subject.id ? session.user.name : undefined;
  };
  return {
    members: people,
    keys: allKeys.filter((key) => key.revoked_at === null),
    knows: (subject) =>
      subject.kind === "workspace" ||
      (subject.kind === "user"
        ? people.some((person) => person.user_id === subject.id)
        : allKeys.some((key) => key.id === subject.id && key.revoked_at === null)),
    nameOf: (subject) => find(subject) ?? (subject.kind === "key" ? t`A key` : t`A former member`),
  };
}
