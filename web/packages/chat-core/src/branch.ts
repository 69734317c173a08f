/**
 * Branches of the message tree, as the app caches them: pages from the leaf towards the root,
 * newest message first, older pages loaded on demand. All functions are pure and keep the pages
 * that did not change, so React re-renders only what did.
 */
import type { Message, MessagePage } from "./types";

/** Structurally TanStack Query's InfiniteData. */
export interface Branch {
  pages: MessagePage[];
  pageParams: unknown[];
}

/** Oldest first, each message once. */
export function messagesOf(branch: Branch | undefined): Message[] {
  if (!branch) return [];
  const seen = new Set<string>();
  const newestFirst: Message[] = [];
  for (const page of branch.pages) {
    for (const message of page.data) {
      if (seen.has(message.id)) continue;
      seen.add(message.id);
      newestFirst.push(message);
    }
  }
  return newestFirst.reverse();
}

export interface BranchPosition {
  /** 1-based, for "2 / 3". */
  position: number;
  count: number;
  previousId: string | null;
  nextId: string | null;
}

export function branchPosition(message: Pick<Message, "id" | "sibling_ids">): BranchPosition {
  const ids = message.sibling_ids;
  const index = Math.max(0, ids.indexOf(message.id));
  return {
    position: index + 1,
    count: Math.max(1, ids.length),
    previousId: ids[index - 1] ?? null,
    nextId: ids[index + 1] ?? null,
  };
}

/** Drops everything newer than `parentId` (null: everything). An unknown parent changes nothing. */
export function truncateAfter(branch: Branch, parentId: string | null): Branch {
  if (parentId === null) {
    return { pages: [{ data: [], next_cursor: null }], pageParams: branch.pageParams.slice(0, 1) };
  }
  for (const [p, page] of branch.pages.entries()) {
    const m = page.data.findIndex((message) => message.id === parentId);
    if (m < 0) continue;
    return {
      pages: [{ ...page, data: page.data.slice(m) }, ...branch.pages.slice(p + 1)],
      // The first page is asked for without a cursor, wherever it now starts.
      pageParams: [branch.pageParams[0], ...branch.pageParams.slice(p + 1)],
    };
  }
  return branch;
}

/** Adds messages (oldest first) at the newest end. Messages already there are replaced in place. */
export function append(branch: Branch, messages: readonly Message[]): Branch {
  let next = branch;
  const added: Message[] = [];
  for (const message of messages) {
    const replaced = replace(next, message);
    if (replaced === next && !includes(next, message.id)) added.unshift(message);
    next = replaced;
  }
  if (added.length === 0) return next;
  const [first, ...older] = next.pages;
  return {
    pages: [{ next_cursor: null, ...first, data: [...added, ...(first?.data ?? [])] }, ...older],
    pageParams: next.pageParams.length > 0 ? next.pageParams : [null],
  };
}

/** Puts a newer copy of one message in its place. */
export function replace(branch: Branch, message: Message): Branch {
  const p = branch.pages.findIndex((page) => page.data.some((m) => m.id === message.id));
  const page = branch.pages[p];
  if (!page) return branch;
  const data = page.data.map((m) => (m.id === message.id ? message : m));
  return { ...branch, pages: branch.pages.with(p, { ...page, data }) };
}

export function includes(branch: Branch, id: string): boolean {
  return branch.pages.some((page) => page.data.some((message) => message.id === id));
}

/** Removes one message, e.g. an optimistic one that was refused. */
export function remove(branch: Branch, id: string): Branch {
  if (!includes(branch, id)) return branch;
  return {
    ...branch,
    pages: branch.pages.map((page) =>
      page.data.some((m) => m.id === id)
        ? { ...page, data: page.data.filter((m) => m.id !== id) }
        : page,
    ),
  };
}

/**
 * Lays a freshly fetched newest page over a branch: older messages stay when the two overlap
 * without a fork, else the fresh page starts a new branch. Spares re-reading 10,000 messages
 * because one was added.
 */
export function refreshNewest(branch: Branch | undefined, fresh: MessagePage): Branch {
  const restart = { pages: [fresh], pageParams: [null] };
  const oldest = fresh.data.at(-1);
  if (!branch || !oldest || fresh.next_cursor == null) return restart;
  // Everything older than the fresh page's oldest message is unchanged if that message is known:
  // ancestors never change.
  for (const [p, page] of branch.pages.entries()) {
    const m = page.data.findIndex((message) => message.id === oldest.id);
    if (m < 0) continue;
    const kept = { ...page, data: page.data.slice(m + 1) };
    return {
      pages: [
        { ...fresh, data: [...fresh.data, ...kept.data], next_cursor: page.next_cursor ?? null },
        ...branch.pages.slice(p + 1),
      ],
      pageParams: [null, ...branch.pageParams.slice(p + 1)],
    };
  }
  return restart;
}
