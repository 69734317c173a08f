/**
 * The state of one run, folded from its UI message stream (AI SDK UI message stream protocol,
 * version 1, plus our `data-run` and `data-notice` parts). Pure: same events, same state, so a
 * replay after a reconnect ends where the uninterrupted stream did. Unknown chunks are ignored,
 * as the protocol asks.
 */
import type {
  Message,
  NoticePart,
  Part,
  ReasoningPart,
  Run,
  TextPart,
  ToolCallPart,
} from "./types";

/** How the stream ended, null while it is open. */
export type Outcome = "finished" | "aborted" | "failed" | null;

export interface RunState {
  messageId: string | null;
  run: Run | null;
  userMessage: Message | null;
  assistantMessage: Message | null;
  parts: Part[];
  outcome: Outcome;
  errorText: string | null;
  /** Milliseconds from the first reasoning chunk to the end of reasoning; null when there was none. */
  reasoningMs: number | null;
  /** Index in `parts` by stream id, for parts that still grow. */
  open: Readonly<Record<string, number>>;
  reasoningSince: number | null;
  /** JSON text of tool inputs that are still arriving, by tool call id. */
  toolInput: Readonly<Record<string, string>>;
}

export const emptyRunState: RunState = {
  messageId: null,
  run: null,
  userMessage: null,
  assistantMessage: null,
  parts: [],
  outcome: null,
  errorText: null,
  reasoningMs: null,
  open: {},
  reasoningSince: null,
  toolInput: {},
};

export type Chunk =
  | { type: "start"; messageId: string }
  | {
      type: "data-run";
      data: { run: Run; user_message?: Message | null; assistant_message?: Message };
    }
  | { type: "data-notice"; data: Omit<NoticePart, "type"> }
  | { type: "text-start" | "text-end" | "reasoning-start" | "reasoning-end"; id: string }
  | { type: "text-delta" | "reasoning-delta"; id: string; delta: string }
  | { type: "tool-input-start"; toolCallId: string; toolName: string }
  | { type: "tool-input-delta"; toolCallId: string; inputTextDelta: string }
  | { type: "tool-input-available"; toolCallId: string; toolName: string; input: unknown }
  | { type: "error"; errorText: string }
  | { type: "abort" | "finish" | "start-step" | "finish-step" };

/** Parses one `data:` line; null for a line that is not a chunk. */
export function parseChunk(data: string): Chunk | null {
  try {
    const value: unknown = JSON.parse(data);
    return typeof value === "object" && value !== null && "type" in value ? (value as Chunk) : null;
  } catch {
    return null;
  }
}

/** Folds one chunk in. `now` is in milliseconds and only times the reasoning. */
export function reduceRun(state: RunState, chunk: Chunk, now: number): RunState {
  switch (chunk.type) {
    case "start":
      // A stream rebuilt from storage starts over: so do we.
      return { ...emptyRunState, messageId: chunk.messageId, run: state.run };
    case "data-run":
      return {
        ...state,
        run: chunk.data.run,
        userMessage: chunk.data.user_message ?? state.userMessage,
        assistantMessage: chunk.data.assistant_message ?? state.assistantMessage,
      };
    case "data-notice":
      return { ...state, parts: [...state.parts, { type: "notice", ...chunk.data }] };
    case "text-start":
      return openPart(state, chunk.id, { type: "text", text: "" });
    case "reasoning-start":
      return openPart({ ...state, reasoningSince: state.reasoningSince ?? now }, chunk.id, {
        type: "reasoning",
        text: "",
      });
    case "text-delta":
      return grow(state, chunk.id, "text", chunk.delta);
    case "reasoning-delta":
      return grow(state, chunk.id, "reasoning", chunk.delta);
    case "text-end":
      return close(state, chunk.id);
    case "reasoning-end":
      return { ...close(state, chunk.id), reasoningMs: now - (state.reasoningSince ?? now) };
    case "tool-input-start":
      return openPart(state, `tool:${chunk.toolCallId}`, {
        type: "tool_call",
        tool_call_id: chunk.toolCallId,
        name: chunk.toolName,
        input: null,
      });
    case "tool-input-delta":
      return {
        ...state,
        toolInput: {
          ...state.toolInput,
          [chunk.toolCallId]: (state.toolInput[chunk.toolCallId] ?? "") + chunk.inputTextDelta,
        },
      };
    case "tool-input-available":
      return toolInputAvailable(state, {
        type: "tool_call",
        tool_call_id: chunk.toolCallId,
        name: chunk.toolName,
        input: chunk.input,
      });
    case "error":
      return { ...state, outcome: "failed", errorText: chunk.errorText };
    case "abort":
      return { ...state, outcome: "aborted" };
    case "finish":
      return { ...state, outcome: "finished" };
    default:
      return state;
  }
}

function openPart(state: RunState, id: string, part: Part): RunState {
  return {
    ...state,
    parts: [...state.parts, part],
    open: { ...state.open, [id]: state.parts.length },
  };
}

function grow(state: RunState, id: string, type: "text" | "reasoning", delta: string): RunState {
  const index = state.open[id];
  const part = index === undefined ? undefined : state.parts[index];
  if (index === undefined || part?.type !== type) {
    // A delta without its start: a resumed stream may begin inside a part.
    return grow(openPart(state, id, { type, text: "" }), id, type, delta);
  }
  const grown: TextPart | ReasoningPart = { type, text: part.text + delta };
  return { ...state, parts: state.parts.with(index, grown) };
}

function close(state: RunState, id: string): RunState {
  const { [id]: _closed, ...open } = state.open;
  return { ...state, open };
}

function toolInputAvailable(state: RunState, part: ToolCallPart): RunState {
  const id = `tool:${part.tool_call_id}`;
  const index = state.open[id];
  if (index === undefined) return { ...state, parts: [...state.parts, part] };
  const { [part.tool_call_id]: _done, ...toolInput } = state.toolInput;
  return { ...close(state, id), toolInput, parts: state.parts.with(index, part) };
}

/** The visible answer: its text parts joined, as copied to the clipboard. */
export function textOf(parts: readonly Part[]): string {
  return parts
    .filter((part): part is TextPart => part.type === "text")
    .map((part) => part.text)
    .join("\n\n");
}

/** Characters streamed so far, reasoning included: tells a live copy from an older stored one. */
export function lengthOf(parts: readonly Part[]): number {
  return parts.reduce(
    (sum, part) => sum + (part.type === "text" || part.type === "reasoning" ? part.text.length : 1),
    0,
  );
}
