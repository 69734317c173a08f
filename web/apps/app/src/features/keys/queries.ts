import { infiniteQueryOptions } from "@tanstack/react-query";
import { listKeys } from "./api";

export const keyKeys = { all: ["keys"] as const };

export const keysQuery = () =>
  infiniteQueryOptions({
    queryKey: keyKeys.all,
    queryFn: ({ pageParam, signal }) =>
      listKeys({ query: { limit: 100, cursor: pageParam }, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
