/** Who can still be chosen to share with, and in which order shares are shown. Pure. */
import type { ConversationShare, ShareCandidates } from "@parlance/api";

export interface Candidate {
  /** As the API takes it: the id of a person or a group. */
  subject: string;
  kind: "user" | "group";
  name: string;
  avatarUrl: string | null;
  /** How many are in the group. */
  members?: number;
}

/** Groups first: they are few, and more useful. Whoever has it already is not offered again. */
export function offered(
  candidates: ShareCandidates | undefined,
  shares: readonly ConversationShare[],
): Candidate[] {
  const taken = new Set(shares.map((share) => share.subject));
  const groups = (candidates?.groups ?? []).map(({ group_id, name, members }): Candidate => ({
    subject: group_id,
    kind: "group",
    name,
    avatarUrl: null,
    members,
  }));
  const people = (candidates?.people ?? []).map(({ user_id, name, avatar_url }): Candidate => ({
    subject: user_id,
    kind: "user",
    name,
    avatarUrl: avatar_url,
  }));
  return [...groups, ...people].filter(({ subject }) => !taken.has(subject));
}

/** The shares with people and groups; that with everybody has a row of its own. */
export function named(shares: readonly ConversationShare[]): ConversationShare[] {
  return shares.filter(({ kind }) => kind !== "workspace");
}

export function withEverybody(
  shares: readonly ConversationShare[],
): ConversationShare["access"] | null {
  return shares.find(({ kind }) => kind === "workspace")?.access ?? null;
}

/** The option that an arrow key moves to; it goes round at the ends. */
export function moved(index: number, key: string, count: number): number {
  if (count === 0) return -1;
  if (key === "ArrowDown") return (index + 1) % count;
  if (key === "ArrowUp") return index <= 0 ? count - 1 : index - 1;
  return index;
}
