/** Who is put into a group and who is taken out when a choice is saved. Pure. */
import type { Member } from "@parlance/api";

export interface Changes {
  added: string[];
  removed: string[];
}

export function changesOf(before: ReadonlySet<string>, after: ReadonlySet<string>): Changes {
  return {
    added: [...after].filter((id) => !before.has(id)),
    removed: [...before].filter((id) => !after.has(id)),
  };
}

/** Members whose name or address holds all words of the search, whatever their case. */
export function matching<T extends Pick<Member, "name" | "email">>(
  members: readonly T[],
  search: string,
): T[] {
  const words = search.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  return members.filter(({ name, email }) => {
    const text = `${name} ${email}`.toLocaleLowerCase();
    return words.every((word) => text.includes(word));
  });
}
