import { expect, test } from "vitest";
import type { Policy } from "./api";
import { draftOf, isEmpty, isSame, placeOf, policyOf, readTokens } from "./guardrails.logic";

const policy: Policy = {
  redact: ["email", "card"],
  patterns: [{ name: "cccd", regex: "\\b[0-9]{12}\\b" }],
  restore: true,
  blocked_terms: ["Falcon", "Project Heron"],
  injection: "flag",
  max_input_tokens: 20000,
  max_output_tokens: null,
};

test("a policy comes back as it was", () => {
  expect(policyOf(draftOf(policy))).toEqual(policy);
});

test("blank lines are no terms", () => {
  expect(policyOf({ ...draftOf(policy), terms: " a \n\n b c\n" }).blocked_terms).toEqual([
    "a",
    "b c",
  ]);
});

test("tokens are whole numbers, or none", () => {
  expect(readTokens(" ")).toBeNull();
  expect(readTokens("20,000")).toBe(20000);
  for (const wrong of ["0", "-1", "many", "10000001"]) expect(readTokens(wrong)).toBeUndefined();
});

test("what was typed counts as a change, also where it can't be read", () => {
  const draft = draftOf(policy);
  expect(isSame(draft, draftOf(policy))).toBe(true);
  expect(isSame(draft, { ...draft, maxOutput: "x" })).toBe(false);
  expect(isSame(draft, { ...draft, terms: "Falcon" })).toBe(false);
});

test("the server's paths are places in the form", () => {
  expect(placeOf("patterns[0].regex")).toBe("patterns.0.regex");
  expect(placeOf("policy.patterns[2].name")).toBe("patterns.2.name");
  expect(placeOf("blocked_terms[7]")).toBe("blocked_terms");
});

test("an empty policy is told from one that holds", () => {
  const none = {
    ...policy,
    redact: [],
    patterns: [],
    blocked_terms: [],
    injection: "off" as const,
  };
  expect(isEmpty({ ...none, max_input_tokens: null })).toBe(true);
  expect(isEmpty(none)).toBe(false);
});
