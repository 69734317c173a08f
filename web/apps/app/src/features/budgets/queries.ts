import { queryOptions } from "@tanstack/react-query";
import { everyPage } from "@/lib/api-call";
import { listBudgets } from "./api";

export const budgetKeys = { all: ["budgets"] as const };

/** All of them: a workspace has few. */
export const budgetsQuery = () =>
  queryOptions({
    queryKey: budgetKeys.all,
    queryFn: ({ signal }) =>
      everyPage((cursor) => listBudgets({ query: { limit: 100, cursor }, signal })),
  });
