import { listKeys } from "@parlance/api";
import { infiniteQueryOptions } from "@tanstack/react-query";

export const keyKeys = { all: ["keys"] as const };

export const keysQuery = () =>
  infiniteQueryOptions({
    queryKey: keyKeys.all,
    queryFn: ({ pageParam, signal }) =>
      listKeys({ query: { limit: 100, cursor: pageParam }, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
