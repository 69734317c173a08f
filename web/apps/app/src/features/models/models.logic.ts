/** Searching, grouping and choosing models. Pure. */
import type { Model } from "@parlance/api";

export type ModelRow =
  | { kind: "heading"; provider: Model["provider"]; available: boolean; count: number }
  | { kind: "model"; model: Model; position: number };

/** Lower case without marks and separators, so that "gpt 5", "GPT-5" and "gpt5" agree. */
function fold(text: string): string {
  return text
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[\s._:/-]+/g, "");
}

/** Models that contain every word of the query in their name, id or provider. */
export function searchModels(models: readonly Model[], query: string): Model[] {
  const words = query.split(/\s+/).map(fold).filter(Boolean);
  if (words.length === 0) return [...models];
  return models.filter((model) => {
    const text = fold(`${model.name} ${model.id} ${model.provider.name}`);
    return words.every((word) => text.includes(word));
  });
}

/** Rows for the list: by provider, those that can be used first, the rest in the catalogue's order. */
export function modelRows(models: readonly Model[]): ModelRow[] {
  const groups = new Map<string, Model[]>();
  for (const available of [true, false]) {
    for (const model of models) {
      if (model.available !== available) continue;
      const key = `${available}:${model.provider.id}`;
      const group = groups.get(key);
      if (group) group.push(model);
      else groups.set(key, [model]);
    }
  }
  const rows: ModelRow[] = [];
  let position = 0;
  for (const group of groups.values()) {
    const first = group[0];
    if (!first) continue;
    rows.push({
      kind: "heading",
      provider: first.provider,
      available: first.available,
      count: group.length,
    });
    for (const model of group) rows.push({ kind: "model", model, position: (position += 1) });
  }
  return rows;
}

/** The model to start with: the one asked for or used last if it can be used, else the default. */
export function chooseModel(
  models: readonly Model[],
  ...wanted: (string | null | undefined)[]
): Model | undefined {
  for (const id of wanted) {
    const model = models.find((candidate) => candidate.id === id && candidate.available);
    if (model) return model;
  }
  return (
    models.find((model) => model.default && model.available) ??
    models.find((model) => model.available)
  );
}

/** "openai/gpt-5.2" → "gpt-5.2", for models that are no longer in the catalogue. */
export function shortModelId(id: string): string {
  return id.slice(id.indexOf("/") + 1);
}

/** The environment variable an unavailable model waits for, if the server named one. */
export function missingVariable(reason: string | null): string | null {
  return /\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b/.exec(reason ?? "")?.[0] ?? null;
}
