/** What anyone may know of this installation: whether sign-up is open, where letters go. */
import { getInstance } from "@parlance/api";
import { queryOptions } from "@tanstack/react-query";

export const instanceQuery = () =>
  queryOptions({
    queryKey: ["instance"],
    queryFn: ({ signal }) => getInstance({ signal }),
    staleTime: Infinity,
  });
