import { emptyRunState, type LiveRun, type Message, type Part } from "@parlance/chat-core";
import { describe, expect, it } from "vitest";
import { estimateHeight, shownParts, threadRows } from "./thread.logic";

const message = (id: string, role: Message["role"], text = id): Message => ({
  id,
  conversation_id: "conv_1",
  role,
  parts: text === "" ? [] : [{ type: "text", text }],
  sibling_ids: [id],
  created_at: "2026-01-01T00:00:00Z",
});

const live = (messageId: string | null, parts: Part[] = []): LiveRun => ({
  conversationId: "conv_1",
  runId: "run_1",
  connection: "open",
  stopping: false,
  state: { ...emptyRunState, messageId, parts },
});

describe("threadRows", () => {
  const question = message("q", "user");
  const answer = message("a", "assistant");

  it("shows a place for an answer that has no name yet", () => {
    expect(threadRows([question], live(null)).map((row) => row.key)).toEqual(["q", "starting"]);
    expect(threadRows([question], undefined).map((row) => row.key)).toEqual(["q"]);
  });

  it("gives the live run to its message only", () => {
    const rows = threadRows([question, answer], live("a"));
    expect(rows.map((row) => row.live?.runId)).toEqual([undefined, "run_1"]);
    expect(
      threadRows([question, answer], live("elsewhere")).every((row) => row.live === undefined),
    ).toBe(true);
  });
});

describe("shownParts", () => {
  const stored = message("a", "assistant", "Hello wor");
  it("never shrinks an answer while its stream is replayed", () => {
    expect(shownParts(stored, live("a", [{ type: "text", text: "Hel" }]))).toBe(stored.parts);
    expect(shownParts(stored, live("a", [{ type: "text", text: "Hello world" }]))).toEqual([
      { type: "text", text: "Hello world" },
    ]);
    expect(shownParts(stored, undefined)).toBe(stored.parts);
  });
  it("believes the stream once it has ended", () => {
    const over = live("a", []);
    expect(shownParts(stored, { ...over, state: { ...over.state, outcome: "aborted" } })).toEqual(
      [],
    );
  });
});

describe("estimateHeight", () => {
  it("grows with the text and shrinks with the room", () => {
    const row = (text: string) => threadRows([message("a", "assistant", text)], undefined)[0];
    expect(estimateHeight(row("word ".repeat(400)), 720)).toBeGreaterThan(
      estimateHeight(row("word"), 720),
    );
    expect(estimateHeight(row("word ".repeat(400)), 320)).toBeGreaterThan(
      estimateHeight(row("word ".repeat(400)), 720),
    );
  });
});
