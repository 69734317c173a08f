import { apiFetch, listAuditEntries, verifyAudit } from "@parlance/api";
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { searchOf, type AuditFilter } from "./audit.logic";

export const auditKeys = {
  all: ["audit"] as const,
  entries: (filter: AuditFilter) => ["audit", "entries", filter] as const,
  verification: ["audit", "verification"] as const,
};

export const auditQuery = (filter: AuditFilter) =>
  infiniteQueryOptions({
    queryKey: auditKeys.entries(filter),
    queryFn: ({ pageParam, signal }) =>
      listAuditEntries({
        query: { limit: 30, cursor: pageParam, ...searchOf(filter) },
        signal,
      }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    staleTime: 0,
  });

export const verificationQuery = () =>
  queryOptions({
    queryKey: auditKeys.verification,
    queryFn: ({ signal }) => verifyAudit({ signal }),
    staleTime: 0,
  });

/** The whole log as a file. */
export async function exportAudit(format: "csv" | "jsonl"): Promise<Blob> {
  const response = await apiFetch(`/api/v1/audit/export?format=${format}`);
  return response.blob();
}
