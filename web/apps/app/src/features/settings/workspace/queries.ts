import { listMembers } from "@parlance/api";
import { infiniteQueryOptions } from "@tanstack/react-query";

export const memberKeys = { all: ["members"] as const };

export const membersQuery = () =>
  infiniteQueryOptions({
    queryKey: memberKeys.all,
    queryFn: ({ pageParam, signal }) =>
      listMembers({ query: { limit: 100, cursor: pageParam }, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
