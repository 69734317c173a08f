import { listModels, type Model } from "@parlance/api";
import { queryOptions } from "@tanstack/react-query";

export const modelKeys = {
  all: ["models"] as const,
  available: ["models", "available"] as const,
  everything: ["models", "everything"] as const,
};

const FIVE_MINUTES = 5 * 60 * 1000;

/** The models that can be used now: few, and needed with the first screen. */
export const availableModels = queryOptions({
  queryKey: modelKeys.available,
  queryFn: ({ signal }) =>
    listModels({ query: { available: true, limit: 1000 }, signal }).then((page) => page.data),
  staleTime: FIVE_MINUTES,
});

/** The whole catalogue, some 800 models: read when the picker opens. */
export const everyModel = queryOptions({
  queryKey: modelKeys.everything,
  queryFn: ({ signal }) => listModels({ query: { limit: 1000 }, signal }).then((page) => page.data),
  staleTime: FIVE_MINUTES,
});

export type { Model };
