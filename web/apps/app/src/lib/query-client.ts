/**
 * Server state. Defaults: data is fresh for half a minute, a failure that may pass is tried twice more,
 * a refusal (4xx) never.
 */
import { ApiError } from "@parlance/api";
import { QueryClient } from "@tanstack/react-query";

export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 30_000,
        gcTime: 10 * 60_000,
        retry: (count, error) => count < 2 && (!(error instanceof ApiError) || error.retryable),
      },
      mutations: { retry: false, networkMode: "always" },
    },
  });
}

export const queryClient = createQueryClient();
