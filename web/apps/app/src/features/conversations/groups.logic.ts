/** How the sidebar sorts conversations into groups, and keeps cached lists right. Pure. */
import type { Conversation } from "@parlance/api";

export type GroupKey =
  | { kind: "pinned" | "today" | "yesterday" | "week" | "month" }
  | { kind: "calendar"; year: number; month: number };

export interface ConversationGroup {
  key: GroupKey;
  conversations: Conversation[];
}

/** Days between the two local dates; a day is a date, not 24 hours, so summer time does no harm. */
function daysBefore(then: Date, now: Date): number {
  const day = (date: Date) => Date.UTC(date.getFullYear(), date.getMonth(), date.getDate());
  return Math.round((day(now) - day(then)) / 86_400_000);
}

function groupOf(conversation: Conversation, now: Date): GroupKey {
  const then = new Date(conversation.updated_at);
  const days = daysBefore(then, now);
  if (days <= 0) return { kind: "today" };
  if (days === 1) return { kind: "yesterday" };
  if (days <= 7) return { kind: "week" };
  if (days <= 30) return { kind: "month" };
  return { kind: "calendar", year: then.getFullYear(), month: then.getMonth() };
}

export function groupId(key: GroupKey): string {
  return key.kind === "calendar" ? `${key.year}-${key.month}` : key.kind;
}

/** Groups in the order of the list, which the server keeps newest first. */
export function groupConversations(
  pinned: readonly Conversation[],
  others: readonly Conversation[],
  now: Date,
): ConversationGroup[] {
  const groups: ConversationGroup[] = [];
  if (pinned.length > 0) groups.push({ key: { kind: "pinned" }, conversations: [...pinned] });
  for (const conversation of others) {
    const key = groupOf(conversation, now);
    const last = groups.at(-1);
    if (last && groupId(last.key) === groupId(key)) last.conversations.push(conversation);
    else groups.push({ key, conversations: [conversation] });
  }
  return groups;
}

/** Which conversations a cached list holds. */
export interface ListFilter {
  q: string;
  archived: boolean;
  pinned?: boolean;
  /** What others share with the person, instead of their own. */
  shared?: boolean;
}

export interface ConversationPages {
  pages: { data: Conversation[]; next_cursor: string | null }[];
  pageParams: unknown[];
}

function belongs(conversation: Conversation, filter: ListFilter): boolean {
  return (
    (conversation.access !== "owner") === (filter.shared ?? false) &&
    conversation.archived === filter.archived &&
    (filter.pinned === undefined || conversation.pinned === filter.pinned)
  );
}

/**
 * Puts the newest copy of a conversation where it belongs in a cached list: in, out, or moved to
 * its place by activity. What a search finds is the server's decision, so there it is only renewed.
 */
export function upsertConversation(
  list: ConversationPages,
  conversation: Conversation,
  filter: ListFilter,
): ConversationPages {
  const current = list.pages.flatMap((page) => page.data).find((c) => c.id === conversation.id);
  if (filter.q !== "" && !current) return list;
  if (current && belongs(conversation, filter) && current.updated_at === conversation.updated_at) {
    return mapPages(list, (data) => {
      const at = data.findIndex((c) => c.id === conversation.id);
      return at < 0 ? data : data.with(at, conversation);
    });
  }
  const without = current ? removeConversation(list, conversation.id) : list;
  if (!belongs(conversation, filter)) return without;
  let placed = false;
  const lastPage = without.pages.length - 1;
  return mapPages(without, (data, p, complete) => {
    if (placed) return data;
    const at = data.findIndex((c) => c.updated_at <= conversation.updated_at);
    // Past the end of what is loaded it will arrive with its page.
    if (at < 0 && !(p === lastPage && complete)) return data;
    placed = true;
    return at < 0 ? [...data, conversation] : data.toSpliced(at, 0, conversation);
  });
}

export function removeConversation(list: ConversationPages, id: string): ConversationPages {
  return mapPages(list, (data) =>
    data.some((c) => c.id === id) ? data.filter((c) => c.id !== id) : data,
  );
}

function mapPages(
  list: ConversationPages,
  change: (data: Conversation[], page: number, complete: boolean) => Conversation[],
): ConversationPages {
  return {
    ...list,
    pages: list.pages.map((page, p) => {
      const data = change(page.data, p, page.next_cursor === null);
      return data === page.data ? page : { ...page, data };
    }),
  };
}
