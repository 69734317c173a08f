import type { Model } from "@parlance/api";
import { describe, expect, it } from "vitest";
import {
  chooseModel,
  missingVariable,
  modelRows,
  searchModels,
  shortModelId,
} from "./models.logic";

const model = (id: string, name: string, available = true, extra: Partial<Model> = {}): Model => ({
  id,
  name,
  provider: { id: id.split("/")[0] ?? "", name: id.split("/")[0]?.toUpperCase() ?? "" },
  available,
  unavailable_reason: available ? null : "Set OPENAI_API_KEY.",
  context_window: 128_000,
  max_output_tokens: null,
  capabilities: {
    vision: false,
    tools: false,
    reasoning: false,
    pdf: false,
    structured_output: false,
  },
  reasoning_efforts: [],
  prices: null,
  retires_on: null,
  default: false,
  ...extra,
});

const models = [
  model("openai/gpt-5.2", "GPT-5.2", false),
  model("demo/fast", "Demo Fast"),
  model("anthropic/claude-opus", "Claude Opus", false),
  model("openai/gpt-5-mini", "GPT-5 mini", true),
  model("demo/slow", "Demo Slow", true, { default: true }),
];

describe("models", () => {
  it.each([
    ["gpt5", ["openai/gpt-5.2", "openai/gpt-5-mini"]],
    ["mini gpt", ["openai/gpt-5-mini"]],
    ["ANTHROPIC", ["anthropic/claude-opus"]],
    ["démo", ["demo/fast", "demo/slow"]],
    ["nothing", []],
    ["  ", models.map((m) => m.id)],
  ])("%j finds its models", (query, ids) => {
    expect(searchModels(models, query).map((m) => m.id)).toEqual(ids);
  });

  it("groups by provider with usable models first, and counts positions without headings", () => {
    const rows = modelRows(models);
    expect(
      rows.map((row) =>
        row.kind === "heading" ? `# ${row.provider.id} ${row.count}` : row.model.id,
      ),
    ).toEqual([
      "# demo 2",
      "demo/fast",
      "demo/slow",
      "# openai 1",
      "openai/gpt-5-mini",
      "# openai 1",
      "openai/gpt-5.2",
      "# anthropic 1",
      "anthropic/claude-opus",
    ]);
    expect(rows.flatMap((row) => (row.kind === "model" ? [row.position] : []))).toEqual([
      1, 2, 3, 4, 5,
    ]);
  });

  it("chooses what was asked for, else the default, and never an unavailable one", () => {
    expect(chooseModel(models, null, "openai/gpt-5-mini")?.id).toBe("openai/gpt-5-mini");
    expect(chooseModel(models, "openai/gpt-5.2")?.id).toBe("demo/slow");
    expect(chooseModel([], "x")).toBeUndefined();
  });

  it("reads ids and reasons", () => {
    expect(shortModelId("openai/gpt-5.2")).toBe("gpt-5.2");
    expect(shortModelId("plain")).toBe("plain");
    expect(missingVariable("Set OPENAI_API_KEY to use this model.")).toBe("OPENAI_API_KEY");
    expect(missingVariable("Retired.")).toBeNull();
    expect(missingVariable(null)).toBeNull();
  });
});
