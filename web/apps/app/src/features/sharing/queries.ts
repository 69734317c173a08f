import { listParticipants, listShareCandidates, listShares } from "@parlance/api";
import { keepPreviousData, queryOptions } from "@tanstack/react-query";

export const sharingKeys = {
  shares: (conversationId: string) => ["sharing", "shares", conversationId] as const,
  participants: (conversationId: string) => ["sharing", "participants", conversationId] as const,
};

export function sharesQuery(conversationId: string) {
  return queryOptions({
    queryKey: sharingKeys.shares(conversationId),
    queryFn: async ({ signal }) =>
      (await listShares({ path: { id: conversationId }, signal })).data,
  });
}

export function candidatesQuery(text: string) {
  return queryOptions({
    queryKey: ["sharing", "candidates", text],
    queryFn: ({ signal }) =>
      listShareCandidates({ query: text === "" ? {} : { q: text.slice(0, 80) }, signal }),
    placeholderData: keepPreviousData,
  });
}

/** Names of those who take part, by their ids. */
export function participantsQuery(conversationId: string) {
  return queryOptions({
    queryKey: sharingKeys.participants(conversationId),
    queryFn: async ({ signal }) => {
      const people = await listParticipants({ path: { id: conversationId }, signal });
      return Object.fromEntries(people.data.map(({ user_id, name }) => [user_id, name]));
    },
  });
}
