import { getProviderHealth, listConnections, listRoutes } from "@parlance/api";
import { queryOptions } from "@tanstack/react-query";
import { everyPage } from "@/lib/every-page";

export const routingKeys = {
  routes: ["routes"] as const,
  connections: ["connections"] as const,
  health: ["provider-health"] as const,
};

export const routesQuery = () =>
  queryOptions({
    queryKey: routingKeys.routes,
    queryFn: ({ signal }) =>
      everyPage((cursor) => listRoutes({ query: { limit: 100, cursor }, signal })),
  });

export const connectionsQuery = () =>
  queryOptions({
    queryKey: routingKeys.connections,
    queryFn: ({ signal }) =>
      everyPage((cursor) => listConnections({ query: { limit: 100, cursor }, signal })),
  });

/** Renewed while somebody looks: a breaker opens and closes within seconds. */
export const healthQuery = () =>
  queryOptions({
    queryKey: routingKeys.health,
    queryFn: ({ signal }) => getProviderHealth({ signal }).then((page) => page.data),
    staleTime: 5_000,
    refetchInterval: 10_000,
  });
