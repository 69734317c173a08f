/**
 * The branch of messages on screen, as TanStack Query holds it. It is written by streams and read
 * from the server one newest page at a time; older pages never change and are never read again.
 */
import { getFileContent, listMessages, type Message } from "@parlance/api";
import { messagesOf, refreshNewest, type Branch, type MessagePage } from "@parlance/chat-core";
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { queryClient } from "@/lib/query-client";

const PAGE = 50;
/** Pages to read at most when looking for the place where two branches meet. */
const SEARCH_PAGES = 20;

export const chatKeys = {
  branch: (conversationId: string) => ["conversations", "messages", conversationId] as const,
  file: (fileId: string) => ["files", fileId] as const,
};

function readPage(id: string, cursor: string | null, signal?: AbortSignal) {
  return listMessages({
    path: { id },
    query: { limit: PAGE, ...(cursor === null ? {} : { cursor }) },
    signal,
  });
}

export function branchQuery(conversationId: string) {
  return infiniteQueryOptions({
    queryKey: chatKeys.branch(conversationId),
    queryFn: ({ pageParam, signal }) => readPage(conversationId, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    staleTime: Number.POSITIVE_INFINITY,
    // The page itself reads the newest page again; reading all of them would be wasteful.
    refetchOnMount: false,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
}

export function getBranch(conversationId: string): Branch | undefined {
  return queryClient.getQueryData(branchQuery(conversationId).queryKey) as Branch | undefined;
}

export function setBranch(conversationId: string, change: (branch: Branch) => Branch): void {
  const branch = getBranch(conversationId);
  if (!branch) return;
  const next = change(branch);
  if (next !== branch) queryClient.setQueryData(chatKeys.branch(conversationId), next);
}

/** Starts an empty branch for a conversation that was just made, so that nothing flashes. */
export function seedBranch(conversationId: string): void {
  queryClient.setQueryData(chatKeys.branch(conversationId), {
    pages: [{ data: [], next_cursor: null }],
    pageParams: [null],
  } satisfies Branch);
}

/**
 * Reads the newest messages again and lays them over what is known. With `meetAt`, reads on until
 * that message is among them (a fork far up the tree), so that older pages can stay.
 */
export async function refreshBranch(conversationId: string, meetAt?: string | null): Promise<void> {
  if (!getBranch(conversationId)) return;
  let fresh: MessagePage = await readPage(conversationId, null);
  for (let page = 1; meetAt && page < SEARCH_PAGES; page += 1) {
    if (!fresh.next_cursor || fresh.data.some((message) => message.id === meetAt)) break;
    const older = await readPage(conversationId, fresh.next_cursor);
    fresh = { data: [...fresh.data, ...older.data], next_cursor: older.next_cursor };
  }
  setBranch(conversationId, (branch) => {
    const next = refreshNewest(branch, fresh);
    return sameMessages(branch, next) ? branch : next;
  });
}

/** True when nothing a person could see differs: spares the list a render on every focus. */
function sameMessages(one: Branch, other: Branch): boolean {
  return JSON.stringify(messagesOf(one)) === JSON.stringify(messagesOf(other));
}

/** An attached image. Its address needs the bearer token, so an <img> can't load it by itself. */
export function fileUrlQuery(fileId: string) {
  return queryOptions({
    queryKey: chatKeys.file(fileId),
    queryFn: async ({ signal }) => {
      const content = await getFileContent({ path: { id: fileId }, parseAs: "blob", signal });
      return URL.createObjectURL(content as Blob);
    },
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: Number.POSITIVE_INFINITY,
  });
}

export type { Message };
