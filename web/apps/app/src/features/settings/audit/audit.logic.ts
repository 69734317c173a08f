/** What is looked for in the audit log, and what changed in an entry. Pure. */

export const AREAS = [
  "login",
  "session",
  "member",
  "invitation",
  "group",
  "role",
  "workspace",
  "sso",
  "impersonation",
  "api_key",
  "budget",
  "guardrails",
  "route",
  "connection",
  "conversation",
  "audit",
  "audit_stream",
] as const;
export type AuditArea = (typeof AREAS)[number];

export interface AuditFilter {
  area: AuditArea | "all";
  /** A user's id. */
  actor: string | null;
  /** Days in the reader's own time: "2026-11-21". */
  from: string;
  until: string;
}

export const EVERYTHING: AuditFilter = { area: "all", actor: null, from: "", until: "" };

export function isNarrowed({ area, actor, from, until }: AuditFilter): boolean {
  return area !== "all" || actor !== null || from !== "" || until !== "";
}

/** The filter as the API takes it: the last day is included. */
export function searchOf({ area, actor, from, until }: AuditFilter): {
  action?: string;
  actor?: string;
  from?: string;
  until?: string;
} {
  return {
    action: area === "all" ? undefined : `${area}.*`,
    actor: actor ?? undefined,
    from: startOf(from, 0),
    until: startOf(until, 1),
  };
}

function startOf(day: string, later: number): string | undefined {
  const [year, month, date] = day.split("-").map(Number);
  if (!year || !month || !date) return undefined;
  return new Date(year, month - 1, date + later).toISOString();
}

export interface Change {
  field: string;
  before: string | null;
  after: string | null;
}

/** The fields of both states that differ; all of them if there is only one state. */
export function changes(before: unknown, after: unknown): Change[] {
  const [was, is] = [fieldsOf(before), fieldsOf(after)];
  return [...new Set([...Object.keys(was), ...Object.keys(is)])]
    .map((field) => ({
      field,
      before: field in was ? show(was[field]) : null,
      after: field in is ? show(is[field]) : null,
    }))
    .filter((change) => change.before !== change.after);
}

function fieldsOf(state: unknown): Record<string, unknown> {
  return typeof state === "object" && state !== null && !Array.isArray(state)
    ? (state as Record<string, unknown>)
    : {};
}

function show(value: unknown): string {
  if (value === null || value === undefined) return "–";
  return typeof value === "string" ? value : JSON.stringify(value);
}
