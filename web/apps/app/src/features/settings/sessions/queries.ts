import { listSessions } from "@parlance/api";
import { infiniteQueryOptions } from "@tanstack/react-query";

export const sessionKeys = { all: ["sessions"] as const };

export const sessionsQuery = () =>
  infiniteQueryOptions({
    queryKey: sessionKeys.all,
    queryFn: ({ pageParam, signal }) =>
      listSessions({ query: { limit: 100, cursor: pageParam }, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
