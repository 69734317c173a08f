import { getMemberProfile, getOwnProfile, getProfileSchema, listProfiles } from "@parlance/api";
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import type { Attributes } from "./attributes.logic";

export const profileKeys = {
  all: ["profiles"] as const,
  schema: ["profiles", "schema"] as const,
  own: ["profiles", "own"] as const,
  of: (userId: string) => ["profiles", "of", userId] as const,
  found: (search: string) => ["profiles", "found", search] as const,
};

export const profileSchemaQuery = () =>
  queryOptions({
    queryKey: profileKeys.schema,
    queryFn: async ({ signal }) => (await getProfileSchema({ signal })).schema as Attributes | null,
  });

export const ownProfileQuery = () =>
  queryOptions({
    queryKey: profileKeys.own,
    queryFn: ({ signal }) => getOwnProfile({ signal }),
  });

export const memberProfileQuery = (user_id: string) =>
  queryOptions({
    queryKey: profileKeys.of(user_id),
    queryFn: ({ signal }) => getMemberProfile({ path: { user_id }, signal }),
    staleTime: 0,
  });

export const profilesQuery = (q: string) =>
  infiniteQueryOptions({
    queryKey: profileKeys.found(q),
    queryFn: ({ pageParam, signal }) =>
      listProfiles({ query: { limit: 50, cursor: pageParam, q: q || undefined }, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
