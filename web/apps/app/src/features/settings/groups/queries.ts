import { listGroupMembers, listGroups, listMembers } from "@parlance/api";
import { queryOptions } from "@tanstack/react-query";
import { memberKeys } from "@/features/settings/workspace/queries";
import { everyPage } from "@/lib/every-page";

export const groupKeys = {
  all: ["groups"] as const,
  members: (id: string) => ["groups", id, "members"] as const,
};

/** All of them: a workspace has few. */
export const groupsQuery = () =>
  queryOptions({
    queryKey: groupKeys.all,
    queryFn: ({ signal }) =>
      everyPage((cursor) => listGroups({ query: { limit: 100, cursor }, signal })),
  });

export const groupMembersQuery = (id: string) =>
  queryOptions({
    queryKey: groupKeys.members(id),
    queryFn: ({ signal }) =>
      everyPage((cursor) =>
        listGroupMembers({ path: { id }, query: { limit: 100, cursor }, signal }),
      ),
  });

/** Everybody in the workspace, to choose from. */
export const everybodyQuery = () =>
  queryOptions({
    queryKey: [...memberKeys.all, "everybody"],
    queryFn: ({ signal }) =>
      everyPage((cursor) => listMembers({ query: { limit: 100, cursor }, signal })),
  });
