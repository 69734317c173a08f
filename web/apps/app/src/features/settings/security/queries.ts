import { getFactors, listPasskeys } from "@parlance/api";
import { queryOptions } from "@tanstack/react-query";
import { everyPage } from "@/lib/every-page";

export const factorKeys = {
  all: ["factors"] as const,
  passkeys: ["factors", "passkeys"] as const,
};

export const factorsQuery = () =>
  queryOptions({
    queryKey: [...factorKeys.all, "owned"],
    queryFn: ({ signal }) => getFactors({ signal }),
  });

export const passkeysQuery = () =>
  queryOptions({
    queryKey: factorKeys.passkeys,
    queryFn: ({ signal }) =>
      everyPage((cursor) => listPasskeys({ query: { limit: 100, cursor }, signal })),
  });
