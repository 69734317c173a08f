import { getPlatformUser, listPlatformUsers } from "@parlance/api";
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

export type UserStatus = "active" | "disabled" | "admin";

export interface UserFilter {
  q: string;
  status: UserStatus | "";
}

export const userKeys = { all: ["platform", "users"] as const };

export const usersQuery = ({ q, status }: UserFilter) =>
  infiniteQueryOptions({
    queryKey: [...userKeys.all, "list", q, status],
    queryFn: ({ pageParam, signal }) =>
      listPlatformUsers({
        query: {
          limit: 30,
          cursor: pageParam ?? undefined,
          q: q || undefined,
          status: status || undefined,
        },
        signal,
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });

export const userQuery = (id: string) =>
  queryOptions({
    queryKey: [...userKeys.all, id],
    queryFn: ({ signal }) => getPlatformUser({ path: { id }, signal }),
  });
