/** A policy as the form has it, and back. Pure. */
import type { GuardrailInjection, GuardrailPattern, PersonalData } from "@parlance/api";
import type { Policy } from "./api";

export const KINDS: readonly PersonalData[] = ["email", "phone", "card"];

export interface DraftPattern extends GuardrailPattern {
  /** Tells rows apart while they are edited. */
  id: number;
}

export interface Draft {
  redact: PersonalData[];
  patterns: DraftPattern[];
  restore: boolean;
  /** One on each line. */
  terms: string;
  injection: GuardrailInjection;
  maxInput: string;
  maxOutput: string;
}

/** Places with an error: "patterns.0.regex", "max_input_tokens". */
export type DraftErrors = Record<string, string>;

export function draftOf(policy: Policy): Draft {
  return {
    redact: KINDS.filter((kind) => policy.redact.includes(kind)),
    patterns: policy.patterns.map((pattern, id) => ({ ...pattern, id })),
    restore: policy.restore,
    terms: policy.blocked_terms.join("\n"),
    injection: policy.injection,
    maxInput: policy.max_input_tokens?.toString() ?? "",
    maxOutput: policy.max_output_tokens?.toString() ?? "",
  };
}

export const termsOf = (text: string): string[] =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");

/** Nothing: null; not a whole number from 1 to ten million: undefined. */
export function readTokens(text: string): number | null | undefined {
  const digits = text.trim().replaceAll(/[\s,.]/g, "");
  if (digits === "") return null;
  const count = /^\d{1,8}$/.test(digits) ? Number(digits) : 0;
  return count >= 1 && count <= 10_000_000 ? count : undefined;
}

export function policyOf(draft: Draft): Policy {
  return {
    redact: draft.redact,
    patterns: draft.patterns.map(({ name, regex }) => ({ name: name.trim(), regex })),
    restore: draft.restore,
    blocked_terms: termsOf(draft.terms),
    injection: draft.injection,
    max_input_tokens: readTokens(draft.maxInput) ?? null,
    max_output_tokens: readTokens(draft.maxOutput) ?? null,
  };
}

export const isSame = (a: Draft, b: Draft): boolean =>
  JSON.stringify(policyOf(a)) === JSON.stringify(policyOf(b)) &&
  a.maxInput.trim() === b.maxInput.trim() &&
  a.maxOutput.trim() === b.maxOutput.trim();

/** The place in the form that the server's path means: "patterns[0].regex" is "patterns.0.regex". */
export function placeOf(path: string): string {
  const dotted = path.replaceAll(/\[(\d+)\]/g, ".$1").replace(/^policy\./, "");
  return dotted.startsWith("blocked_terms") ? "blocked_terms" : dotted;
}

/** Whether it changes nothing about any call. */
export const isEmpty = (policy: Policy): boolean =>
  policy.redact.length === 0 &&
  policy.patterns.length === 0 &&
  policy.blocked_terms.length === 0 &&
  policy.injection === "off" &&
  policy.max_input_tokens === null &&
  policy.max_output_tokens === null;
