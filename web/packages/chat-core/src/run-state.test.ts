import { describe, expect, it } from "vitest";
import { emptyRunState, parseChunk, reduceRun, textOf, type Chunk } from "./run-state";
import type { Run } from "./types";

const run: Run = {
  id: "run_1",
  conversation_id: "conv_1",
  message_id: "msg_2",
  status: "running",
  model: "demo/fast",
  started_at: "2026-01-01T00:00:00Z",
};

const fold = (chunks: Chunk[]) =>
  chunks.reduce((state, chunk, i) => reduceRun(state, chunk, i * 1000), emptyRunState);

describe("reduceRun", () => {
  const chunks: Chunk[] = [
    { type: "start", messageId: "msg_2" },
    { type: "data-run", data: { run, user_message: null } },
    {
      type: "data-notice",
      data: { code: "context_trimmed", dropped_messages: 3, kept_messages: 9 },
    },
    { type: "start-step" },
    { type: "reasoning-start", id: "r0" },
    { type: "reasoning-delta", id: "r0", delta: "Let me" },
    { type: "reasoning-delta", id: "r0", delta: " think" },
    { type: "reasoning-end", id: "r0" },
    { type: "text-start", id: "t0" },
    { type: "text-delta", id: "t0", delta: "Hel" },
    { type: "text-delta", id: "t0", delta: "lo" },
    { type: "text-end", id: "t0" },
    { type: "tool-input-start", toolCallId: "c1", toolName: "search" },
    { type: "tool-input-delta", toolCallId: "c1", inputTextDelta: '{"q":' },
    { type: "tool-input-available", toolCallId: "c1", toolName: "search", input: { q: 1 } },
    { type: "finish-step" },
    { type: "data-run", data: { run: { ...run, status: "completed" } } },
    { type: "finish" },
  ];

  it("folds a whole stream", () => {
    const state = fold(chunks);
    expect(state.parts).toEqual([
      { type: "notice", code: "context_trimmed", dropped_messages: 3, kept_messages: 9 },
      { type: "reasoning", text: "Let me think" },
      { type: "text", text: "Hello" },
      { type: "tool_call", tool_call_id: "c1", name: "search", input: { q: 1 } },
    ]);
    expect(state).toMatchObject({
      outcome: "finished",
      reasoningMs: 3000,
      open: {},
      toolInput: {},
    });
    expect(state.run?.status).toBe("completed");
    expect(textOf(state.parts)).toBe("Hello");
  });

  it("starts over when the stream is rebuilt from its start", () => {
    const twice = fold([...chunks.slice(0, 11), ...chunks]);
    expect(twice.parts).toEqual(fold(chunks).parts);
  });

  it("knows the three ends", () => {
    expect(fold([{ type: "error", errorText: "overloaded" }])).toMatchObject({
      outcome: "failed",
      errorText: "overloaded",
    });
    expect(fold([{ type: "abort" }]).outcome).toBe("aborted");
    expect(fold([]).outcome).toBeNull();
  });

  it("accepts a delta whose start it has not seen, and ignores what it does not know", () => {
    expect(textOf(fold([{ type: "text-delta", id: "t0", delta: "mid" }]).parts)).toBe("mid");
    expect(fold([{ type: "source-url", url: "https://x.test" } as unknown as Chunk])).toEqual(
      emptyRunState,
    );
    expect(parseChunk("{half")).toBeNull();
    expect(parseChunk("3")).toBeNull();
  });
});
