/** Editing routes and connections: drafts, checks, moves. Pure. */
import type {
  CreateRouteRequest,
  Deployment,
  Route,
  RouteCondition,
  RouteTarget,
} from "@parlance/api";
import { readCount, readUsd } from "@/lib/decimal";

export const ROUTE_NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/;
export const MAX_TARGETS = 20;
export const MAX_WEIGHT = 1000;

/** A target as it is edited: text where text is typed. `id` keeps rows apart while they move. */
export interface TargetDraft {
  id: number;
  model: string;
  weight: string;
  max_input_tokens: string;
  /** "any", "yes" or "no", and so the next two. */
  needs_vision: string;
  needs_tools: string;
  stream: string;
}

let sequence = 0;

export function newTarget(): TargetDraft {
  sequence += 1;
  return {
    id: sequence,
    model: "",
    weight: "1",
    max_input_tokens: "",
    needs_vision: "any",
    needs_tools: "any",
    stream: "any",
  };
}

export function draftOf({ model, weight, when }: RouteTarget): TargetDraft {
  return {
    ...newTarget(),
    model,
    weight: String(weight ?? 1),
    max_input_tokens: String(when?.max_input_tokens ?? ""),
    needs_vision: choice(when?.needs_vision),
    needs_tools: choice(when?.needs_tools),
    stream: choice(when?.stream),
  };
}

const choice = (value: boolean | null | undefined) =>
  value === true ? "yes" : value === false ? "no" : "any";

/** Whether the target is for some calls only. */
export function isConditional(draft: TargetDraft): boolean {
  return whenOf(draft) !== null;
}

function whenOf(draft: TargetDraft): RouteCondition | null {
  const tokens = readCount(draft.max_input_tokens);
  const when: RouteCondition = tokens ? { max_input_tokens: tokens } : {};
  for (const name of ["needs_vision", "needs_tools", "stream"] as const) {
    if (draft[name] !== "any") when[name] = draft[name] === "yes";
  }
  return Object.keys(when).length > 0 ? when : null;
}

export interface RouteDraft {
  name: string;
  description: string;
  strategy: Route["strategy"];
  abort_on_disconnect: boolean;
  targets: TargetDraft[];
}

export function routeDraft(route?: Route): RouteDraft {
  return {
    name: route?.name ?? "",
    description: route?.description ?? "",
    strategy: route?.strategy ?? "ordered",
    abort_on_disconnect: route?.abort_on_disconnect ?? false,
    targets: route ? route.targets.map(draftOf) : [newTarget()],
  };
}

/** "targets[0].model" → "targets.0.model": the server names places in lists either way. */
export function dotted(path: string): string {
  return path.replace(/\[(\d+)\]/g, ".$1");
}

/** What is wrong, by the dotted path that the server would name. */
export type RouteFault =
  "name" | "model_missing" | "model_twice" | "weight" | "tokens" | "no_targets";

export function routeFaults(draft: RouteDraft): Record<string, RouteFault> {
  const faults: Record<string, RouteFault> = {};
  if (!ROUTE_NAME.test(draft.name)) faults.name = "name";
  if (draft.targets.length === 0) faults.targets = "no_targets";
  const seen = new Set<string>();
  for (const [index, target] of draft.targets.entries()) {
    const path = `targets.${index}`;
    const same = JSON.stringify([target.model, whenOf(target)]);
    if (target.model === "") faults[`${path}.model`] = "model_missing";
    else if (seen.has(same)) faults[`${path}.model`] = "model_twice";
    seen.add(same);
    if (draft.strategy === "weighted" && readCount(target.weight, MAX_WEIGHT) == null) {
      faults[`${path}.weight`] = "weight";
    }
    if (readCount(target.max_input_tokens) === undefined) {
      faults[`${path}.when.max_input_tokens`] = "tokens";
    }
  }
  return faults;
}

/** Whether some calls would find no target: every one has conditions. */
export function mayFindNone(draft: RouteDraft): boolean {
  return draft.targets.length > 0 && draft.targets.every(isConditional);
}

export function routeBody(draft: RouteDraft): Required<CreateRouteRequest> {
  return {
    name: draft.name,
    description: draft.description.trim(),
    strategy: draft.strategy,
    abort_on_disconnect: draft.abort_on_disconnect,
    targets: draft.targets.map((target) => ({
      model: target.model,
      weight: draft.strategy === "weighted" ? (readCount(target.weight, MAX_WEIGHT) ?? 1) : 1,
      when: whenOf(target),
    })),
  };
}

/** The list with one entry moved; the same list when there is nowhere to go. */
export function move<T>(list: readonly T[], from: number, to: number): T[] {
  const next = [...list];
  if (to < 0 || to >= list.length || from === to) return next;
  const [entry] = next.splice(from, 1);
  if (entry !== undefined) next.splice(to, 0, entry);
  return next;
}

/** Where a row that is dragged to `y` belongs, by the middles of the rows on screen. */
export function dropIndex(
  rows: readonly { top: number; bottom: number }[],
  from: number,
  y: number,
): number {
  let index = from;
  while (index > 0) {
    const above = rows[index - 1];
    if (!above || y >= (above.top + above.bottom) / 2) break;
    index -= 1;
  }
  while (index < rows.length - 1) {
    const below = rows[index + 1];
    if (!below || y <= (below.top + below.bottom) / 2) break;
    index += 1;
  }
  return index;
}

/** Each target's part of the calls, as a ratio; null where the weights can't be read. */
export function shares(targets: readonly Pick<TargetDraft, "weight">[]): (number | null)[] {
  const weights = targets.map(({ weight }) => readCount(weight, MAX_WEIGHT) ?? null);
  const sum = weights.reduce<number>((total, weight) => total + (weight ?? 0), 0);
  return weights.map((weight) => (weight === null || sum === 0 ? null : weight / sum));
}

/** Of a million tokens: six digits after the point make a token's price exact. */
function readPrice(text: string): string | null {
  const amount = readUsd(text);
  return amount !== null && /^\d+(\.\d{1,6}0*)?$/.test(amount) ? amount : null;
}

/** An own deployment as it is edited. */
export interface DeploymentDraft {
  id: number;
  name: string;
  display_name: string;
  context_window: string;
  max_output_tokens: string;
  input: string;
  output: string;
  cached_input: string;
}

export function deploymentDraft(deployment?: Deployment): DeploymentDraft {
  sequence += 1;
  return {
    id: sequence,
    name: deployment?.name ?? "",
    display_name: deployment?.display_name ?? "",
    context_window: String(deployment?.context_window ?? ""),
    max_output_tokens: String(deployment?.max_output_tokens ?? ""),
    input: deployment?.prices?.input ?? "",
    output: deployment?.prices?.output ?? "",
    cached_input: deployment?.prices?.cached_input ?? "",
  };
}

export type DeploymentFault = "required" | "count" | "amount" | "both";

export function deploymentFaults(
  drafts: readonly DeploymentDraft[],
): Record<string, DeploymentFault> {
  const faults: Record<string, DeploymentFault> = {};
  for (const [index, draft] of drafts.entries()) {
    const path = `models.${index}`;
    if (draft.name.trim() === "") faults[`${path}.name`] = "required";
    for (const field of ["context_window", "max_output_tokens"] as const) {
      if (readCount(draft[field]) === undefined) faults[`${path}.${field}`] = "count";
    }
    for (const field of ["input", "output", "cached_input"] as const) {
      const text = draft[field].trim();
      if (text !== "" && readPrice(text) === null) faults[`${path}.prices.${field}`] = "amount";
    }
    const priced = [draft.input, draft.output, draft.cached_input].some((text) => text.trim());
    for (const field of ["input", "output"] as const) {
      if (priced && draft[field].trim() === "") faults[`${path}.prices.${field}`] = "both";
    }
  }
  return faults;
}

export function deploymentBody(draft: DeploymentDraft): Deployment {
  const input = readUsd(draft.input);
  const output = readUsd(draft.output);
  return {
    name: draft.name.trim(),
    display_name: draft.display_name.trim() || null,
    context_window: readCount(draft.context_window) ?? null,
    max_output_tokens: readCount(draft.max_output_tokens) ?? null,
    prices:
      input === null || output === null
        ? null
        : { input, output, cached_input: readUsd(draft.cached_input) },
  };
}

/** An address that a server can be called at; what lies behind it is the server's to judge. */
export function isBaseUrl(text: string): boolean {
  try {
    const { protocol, username, password, search, hash } = new URL(text.trim());
    return /^https?:$/.test(protocol) && !(username || password || search || hash);
  } catch {
    return false;
  }
}
