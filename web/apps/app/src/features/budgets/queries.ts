import { getQuota, listBudgets } from "@parlance/api";
import { queryOptions } from "@tanstack/react-query";
import { everyPage } from "@/lib/every-page";

export const budgetKeys = { all: ["budgets"] as const, quota: ["quota"] as const };

/** All of them: a workspace has few. */
export const budgetsQuery = () =>
  queryOptions({
    queryKey: budgetKeys.all,
    queryFn: ({ signal }) =>
      everyPage((cursor) => listBudgets({ query: { limit: 100, cursor }, signal })),
  });

/** The workspace's plan and what of it is used. */
export const quotaQuery = () =>
  queryOptions({ queryKey: budgetKeys.quota, queryFn: ({ signal }) => getQuota({ signal }) });
