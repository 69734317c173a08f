import {
  getPlatformWorkspace,
  getPlatformWorkspaceUsage,
  listPlatformPlans,
  listPlatformWorkspaceMembers,
  listPlatformWorkspaces,
  type PlatformWorkspace,
} from "@parlance/api";
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

export interface WorkspaceFilter {
  q: string;
  status: PlatformWorkspace["status"] | "";
  plan: string;
}

export const workspaceKeys = { all: ["platform", "workspaces"] as const };

export const workspacesQuery = ({ q, status, plan }: WorkspaceFilter) =>
  infiniteQueryOptions({
    queryKey: [...workspaceKeys.all, "list", q, status, plan],
    queryFn: ({ pageParam, signal }) =>
      listPlatformWorkspaces({
        query: {
          limit: 30,
          cursor: pageParam ?? undefined,
          q: q || undefined,
          status: status || undefined,
          plan: plan || undefined,
        },
        signal,
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });

export const workspaceQuery = (id: string) =>
  queryOptions({
    queryKey: [...workspaceKeys.all, id],
    queryFn: ({ signal }) => getPlatformWorkspace({ path: { id }, signal }),
  });

export const usageQuery = (id: string) =>
  queryOptions({
    queryKey: [...workspaceKeys.all, id, "usage"],
    queryFn: ({ signal }) => getPlatformWorkspaceUsage({ path: { id }, signal }),
  });

export const membersQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: [...workspaceKeys.all, id, "members"],
    queryFn: ({ pageParam, signal }) =>
      listPlatformWorkspaceMembers({
        path: { id },
        query: { limit: 50, cursor: pageParam ?? undefined },
        signal,
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });

export const plansQuery = () =>
  queryOptions({
    queryKey: ["platform", "plans"],
    queryFn: ({ signal }) => listPlatformPlans({ signal }),
    staleTime: 5 * 60_000,
  });
