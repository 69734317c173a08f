import type { Route } from "@parlance/api";
import { describe, expect, test } from "vitest";
import {
  deploymentBody,
  deploymentDraft,
  deploymentFaults,
  dotted,
  dropIndex,
  isBaseUrl,
  mayFindNone,
  move,
  newTarget,
  routeBody,
  routeDraft,
  routeFaults,
  shares,
} from "./routing.logic";

const route: Route = {
  id: "route_1",
  name: "fast",
  description: "Small models first",
  strategy: "weighted",
  targets: [
    {
      model: "openai/gpt-5.2",
      weight: 3,
      when: { max_input_tokens: 8000, needs_tools: true, stream: false },
    },
    { model: "anthropic/claude-sonnet-4-5", weight: 1, when: null },
  ],
  abort_on_disconnect: true,
  created_at: "2026-11-01T00:00:00Z",
  updated_at: "2026-11-01T00:00:00Z",
};

describe("routes", () => {
  test("a route comes back from its draft unchanged", () => {
    const { id: _id, created_at: _made, updated_at: _changed, ...body } = route;
    expect(routeBody(routeDraft(route))).toEqual(body);
    expect(routeFaults(routeDraft(route))).toEqual({});
  });

  test.each(["", "Fast", "openai/gpt", "-fast", "a".repeat(65), "fast one"])(
    "%j is no name for a route",
    (name) => expect(routeFaults({ ...routeDraft(route), name })).toEqual({ name: "name" }),
  );

  test("what is wrong is named where it stands", () => {
    const draft = routeDraft(route);
    const [first, second] = draft.targets;
    expect(first && second).toBeTruthy();
    draft.targets = [
      { ...newTarget(), model: "a/b", weight: "0" },
      { ...newTarget(), model: "a/b", max_input_tokens: "many" },
      { ...newTarget(), model: "" },
    ];
    expect(routeFaults(draft)).toEqual({
      "targets.0.weight": "weight",
      "targets.1.model": "model_twice",
      "targets.1.when.max_input_tokens": "tokens",
      "targets.2.model": "model_missing",
    });
    expect(routeFaults({ ...draft, targets: [] })).toEqual({ targets: "no_targets" });
  });

  test("weights mean nothing in an order", () => {
    const draft = { ...routeDraft(route), strategy: "ordered" as const };
    draft.targets[0] = { ...(draft.targets[0] ?? newTarget()), weight: "nonsense" };
    expect(routeFaults(draft)).toEqual({});
    expect(routeBody(draft).targets.map(({ weight }) => weight)).toEqual([1, 1]);
  });

  test("the same model may stand twice under different conditions", () => {
    const draft = routeDraft(route);
    draft.targets = [
      { ...newTarget(), model: "a/b", needs_vision: "yes" },
      { ...newTarget(), model: "a/b" },
    ];
    expect(routeFaults(draft)).toEqual({});
    expect(mayFindNone(draft)).toBe(false);
    expect(mayFindNone({ ...draft, targets: draft.targets.slice(0, 1) })).toBe(true);
  });

  test("shares add up", () => {
    expect(shares([{ weight: "3" }, { weight: "1" }])).toEqual([0.75, 0.25]);
    expect(shares([{ weight: "x" }, { weight: "2" }])).toEqual([null, 1]);
  });
});

test("places in lists are named one way", () => {
  expect(dotted("targets[12].model")).toBe("targets.12.model");
  expect(dotted("targets.0.weight")).toBe("targets.0.weight");
});

describe("moving", () => {
  test.each([
    [0, 2, ["b", "c", "a"]],
    [2, 0, ["c", "a", "b"]],
    [1, 1, ["a", "b", "c"]],
    [0, -1, ["a", "b", "c"]],
    [2, 3, ["a", "b", "c"]],
  ])("%i to %i", (from, to, expected) => {
    expect(move(["a", "b", "c"], from, to)).toEqual(expected);
  });

  test("a row goes where its pointer has passed a middle", () => {
    const rows = [0, 100, 200].map((top) => ({ top, bottom: top + 100 }));
    expect(dropIndex(rows, 0, 120)).toBe(0);
    expect(dropIndex(rows, 0, 151)).toBe(1);
    expect(dropIndex(rows, 0, 900)).toBe(2);
    expect(dropIndex(rows, 2, 149)).toBe(1);
    expect(dropIndex(rows, 2, -10)).toBe(0);
  });
});

describe("deployments", () => {
  test("one comes back from its draft unchanged", () => {
    const deployment = {
      name: "llama-3.3-70b",
      display_name: "Llama",
      context_window: 128_000,
      max_output_tokens: null,
      prices: { input: "0.59", output: "0.79", cached_input: null },
    };
    expect(deploymentBody(deploymentDraft(deployment))).toEqual(deployment);
  });

  test("without prices it is unpriced, with one it needs both", () => {
    const draft = { ...deploymentDraft(), name: "m" };
    expect(deploymentFaults([draft])).toEqual({});
    expect(deploymentBody(draft).prices).toBeNull();
    expect(deploymentFaults([{ ...draft, input: "0.0000001", output: "0.000001" }])).toEqual({
      "models.0.prices.input": "amount",
    });
    expect(deploymentFaults([{ ...draft, input: "1" }])).toEqual({
      "models.0.prices.output": "both",
    });
    expect(deploymentFaults([{ ...draft, name: "", input: "a", output: "0" }])).toEqual({
      "models.0.name": "required",
      "models.0.prices.input": "amount",
    });
  });
});

test.each([
  ["https://llm.example.com/v1", true],
  ["http://10.0.0.5:8000", true],
  ["ftp://example.com", false],
  ["https://user:secret@example.com", false],
  ["https://example.com/?key=1", false],
  ["example.com", false],
])("%s as an address: %s", (text, expected) => {
  expect(isBaseUrl(text)).toBe(expected);
});
