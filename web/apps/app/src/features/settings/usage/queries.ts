import { getUsage, type UsageGroup as Known, type UsageReport as Report } from "@parlance/api";
import { queryOptions } from "@tanstack/react-query";

/** What the rows of a report stand for. By key is newer than the generated client. */
export type UsageGroup = Known | "key";
export type UsageReport = Omit<Report, "group_by"> & {
  group_by: UsageGroup;
  /** Answers that the gateway gave from its cache, and what they would have cost. */
  cached_answers: number;
  saved_usd: string;
};

export const usageKeys = {
  all: ["usage"] as const,
  report: (from: string | undefined, to: string | undefined, group: UsageGroup) =>
    [...usageKeys.all, from ?? "month", to ?? "month", group] as const,
};

/** Days are UTC and inclusive; without them the server takes the current month. */
export function usageQuery(group: UsageGroup, from?: string, to?: string) {
  return queryOptions({
    queryKey: usageKeys.report(from, to, group),
    queryFn: async ({ signal }): Promise<UsageReport> =>
      (await getUsage({ query: { from, to, group_by: group as Known }, signal })) as UsageReport,
  });
}

/** This month's total. Invalidate `usageKeys.all` when a run has finished. */
export const monthUsageQuery = () => usageQuery("day");
