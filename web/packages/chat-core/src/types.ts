/**
 * The shapes of the product API that the chat works with, as the wire has them (snake_case).
 * They are kept here, apart from the generated client, so that this package depends on nothing;
 * the app passes generated values in and TypeScript compares the two structurally.
 */

export interface TextPart {
  type: "text";
  text: string;
}

export interface ReasoningPart {
  type: "reasoning";
  text: string;
}

export interface FilePart {
  type: "file";
  file_id: string;
  name: string;
  media_type: string;
  size: number;
}

export interface ToolCallPart {
  type: "tool_call";
  tool_call_id: string;
  name: string;
  input: unknown;
}

export interface NoticePart {
  type: "notice";
  code: "context_trimmed";
  dropped_messages: number;
  kept_messages: number;
}

export type Part = TextPart | ReasoningPart | FilePart | ToolCallPart | NoticePart;

export type RunStatus = "queued" | "running" | "completed" | "cancelled" | "failed" | "interrupted";

export interface Usage {
  input_tokens: number;
  cached_input_tokens: number;
  cache_write_tokens: number;
  output_tokens: number;
  reasoning_tokens: number;
  cost_usd: string;
  estimated: boolean;
  price_version?: string | null;
}

export interface Run {
  id: string;
  conversation_id: string;
  message_id: string;
  status: RunStatus;
  model: string;
  finish_reason?: string | null;
  error?: { code: string; message: string } | null;
  usage?: Usage | null;
  started_at: string;
  finished_at?: string | null;
  first_token_ms?: number | null;
  /** What guardrails did to what was sent to the provider. */
  guardrails?: { rule: string; action: string; count: number }[];
}

export interface Message {
  id: string;
  conversation_id: string;
  parent_id?: string | null;
  /** Who sent it, or asked for the answer. Absent: this tab, just now. */
  author_id?: string;
  role: "user" | "assistant";
  parts: Part[];
  /** Every version of this message, itself included, oldest first. */
  sibling_ids: string[];
  run?: Run | null;
  created_at: string;
}

/** One page of a branch, newest message first. */
export interface MessagePage {
  data: Message[];
  next_cursor?: string | null;
}

/** True while the server still works on the run. */
export function isActive(run: Pick<Run, "status"> | null | undefined): boolean {
  return run?.status === "queued" || run?.status === "running";
}
