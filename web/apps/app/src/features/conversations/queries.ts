import {
  deleteConversation,
  getConversation,
  listConversations,
  restoreConversation,
  updateConversation,
  type Conversation,
  type UpdateConversationRequest,
} from "@parlance/api";
import {
  infiniteQueryOptions,
  queryOptions,
  type QueryClient,
  useMutation,
  useQueryClient,
} from "@tanstack/react-query";
import {
  removeConversation,
  upsertConversation,
  type ConversationPages,
  type ListFilter,
} from "./groups.logic";

export const conversationKeys = {
  all: ["conversations"] as const,
  lists: ["conversations", "list"] as const,
  list: (filter: ListFilter) => ["conversations", "list", filter] as const,
  detail: (id: string) => ["conversations", "detail", id] as const,
};

export function conversationList(filter: ListFilter) {
  return infiniteQueryOptions({
    queryKey: conversationKeys.list(filter),
    queryFn: ({ pageParam, signal }) =>
      listConversations({
        query: {
          archived: filter.archived,
          limit: 50,
          ...(filter.q === "" ? {} : { q: filter.q }),
          ...(filter.shared ? { shared: "with_me" as const } : {}),
          ...(filter.pinned === undefined ? {} : { pinned: filter.pinned }),
          ...(pageParam === null ? {} : { cursor: pageParam }),
        },
        signal,
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
}

export function conversationDetail(id: string) {
  return queryOptions({
    queryKey: conversationKeys.detail(id),
    queryFn: ({ signal }) => getConversation({ path: { id }, signal }),
  });
}

/** Writes the newest copy of a conversation into every cache that shows it. */
export function cacheConversation(client: QueryClient, conversation: Conversation): void {
  client.setQueryData(conversationKeys.detail(conversation.id), conversation);
  for (const [key, list] of client.getQueriesData<ConversationPages>({
    queryKey: conversationKeys.lists,
  })) {
    if (list)
      client.setQueryData(key, upsertConversation(list, conversation, key[2] as ListFilter));
  }
}

export function uncacheConversation(client: QueryClient, id: string): void {
  for (const [key, list] of client.getQueriesData<ConversationPages>({
    queryKey: conversationKeys.lists,
  })) {
    if (list) client.setQueryData(key, removeConversation(list, id));
  }
}

/** Changes a conversation: shown at once, undone when the server refuses. */
export function useUpdateConversation() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, ...body }: { id: string } & UpdateConversationRequest) =>
      updateConversation({ path: { id }, body }),
    onMutate: ({ id, ...change }) => {
      const before = findConversation(client, id);
      if (before) cacheConversation(client, { ...before, ...change } as Conversation);
      return before;
    },
    onError: (_error, _change, before) => {
      if (before) cacheConversation(client, before);
    },
    onSuccess: (conversation) => cacheConversation(client, conversation),
  });
}

export function useDeleteConversation() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (conversation: Conversation) =>
      deleteConversation({ path: { id: conversation.id } }),
    onMutate: (conversation) => uncacheConversation(client, conversation.id),
    onError: (_error, conversation) => cacheConversation(client, conversation),
  });
}

export function useRestoreConversation() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => restoreConversation({ path: { id } }),
    onSuccess: (conversation) => cacheConversation(client, conversation),
  });
}

/** The copy of a conversation that some cache holds. */
export function findConversation(client: QueryClient, id: string): Conversation | undefined {
  return (
    client.getQueryData<Conversation>(conversationKeys.detail(id)) ??
    client
      .getQueriesData<ConversationPages>({ queryKey: conversationKeys.lists })
      .flatMap(([, list]) => list?.pages.flatMap((page) => page.data) ?? [])
      .find((conversation) => conversation.id === id)
  );
}
