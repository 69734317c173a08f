/** What providers must not see, what is refused, and what was decided. */
import { call, type Page } from "@/lib/api-call";

export type PersonalKind = "email" | "phone" | "card";
export type Injection = "off" | "flag" | "block";
export type Action = "redacted" | "flagged" | "blocked" | "limited";

export interface Pattern {
  name: string;
  regex: string;
}

export interface Policy {
  redact: PersonalKind[];
  patterns: Pattern[];
  /** Whether answers show the data again. */
  restore: boolean;
  blocked_terms: string[];
  injection: Injection;
  max_input_tokens: number | null;
  max_output_tokens: number | null;
}

export interface PolicyView {
  policy: Policy;
  /** What holds without it. */
  floor: Policy;
  /** Null: never set. */
  updated_at: string | null;
  /** Keys with a policy of their own; only with the workspace's. */
  keys: string[];
}

export interface Decision {
  rule: string;
  action: Action;
  count: number;
}

export interface RecordedDecision extends Decision {
  id: string;
  user_id: string;
  key_id: string | null;
  run_id: string | null;
  usage_id: string | null;
  occurred_at: string;
}

export interface Trial {
  /** Why it would be refused; null: it would not. */
  blocked: string | null;
  /** What a provider would see. */
  text: string | null;
  decisions: Decision[];
  tokens: number | null;
}

/** The workspace's, or a key's. */
const pathOf = (key: string | null) => (key === null ? "/guardrails" : `/keys/${key}/guardrails`);

export const getPolicy = (key: string | null, signal?: AbortSignal) =>
  call<PolicyView>("GET", pathOf(key), { signal });

export const setPolicy = (key: string | null, policy: Policy) =>
  call<PolicyView>("PUT", pathOf(key), { body: policy });

export const deleteKeyPolicy = (key: string) => call<void>("DELETE", pathOf(key));

export const tryPolicy = (body: { text: string; key_id: string | null; policy: Policy }) =>
  call<Trial>("POST", "/guardrails/test", { body });

export const listDecisions = (
  query: { limit: number; cursor?: string; action?: Action },
  signal?: AbortSignal,
) => call<Page<RecordedDecision>>("GET", "/guardrails/decisions", { query, signal });
