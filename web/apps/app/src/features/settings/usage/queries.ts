import { getUsage, type UsageGroup } from "@parlance/api";
import { queryOptions } from "@tanstack/react-query";

export const usageKeys = {
  all: ["usage"] as const,
  report: (from: string | undefined, to: string | undefined, group: UsageGroup) =>
    [...usageKeys.all, from ?? "month", to ?? "month", group] as const,
};

/** Days are UTC and inclusive; without them the server takes the current month. */
export function usageQuery(group: UsageGroup, from?: string, to?: string) {
  return queryOptions({
    queryKey: usageKeys.report(from, to, group),
    queryFn: ({ signal }) => getUsage({ query: { from, to, group_by: group }, signal }),
  });
}

/** This month's total. Invalidate `usageKeys.all` when a run has finished. */
export const monthUsageQuery = () => usageQuery("day");
