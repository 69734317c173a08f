import { listGuardrailDecisions, type GuardrailAction } from "@parlance/api";
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { getPolicy } from "./api";

export const guardrailKeys = {
  all: ["guardrails"] as const,
  policies: ["guardrails", "policy"] as const,
  decisions: ["guardrails", "decisions"] as const,
};

export const policyQuery = (key: string | null) =>
  queryOptions({
    queryKey: [...guardrailKeys.policies, key],
    queryFn: ({ signal }) => getPolicy(key, signal),
  });

export const decisionsQuery = (action: GuardrailAction | null) =>
  infiniteQueryOptions({
    queryKey: [...guardrailKeys.decisions, action],
    queryFn: ({ pageParam, signal }) =>
      listGuardrailDecisions({
        query: { limit: 20, cursor: pageParam, action: action ?? undefined },
        signal,
      }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    staleTime: 0,
  });
