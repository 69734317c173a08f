import { describe, expect, it } from "vitest";
import { LiveRuns, type LiveRun } from "./live-runs";
import { textOf } from "./run-state";

const run = {
  id: "run_1",
  conversation_id: "conv_1",
  message_id: "msg_2",
  status: "running",
  model: "demo/fast",
  started_at: "",
};
const assistant = {
  id: "msg_2",
  conversation_id: "conv_1",
  role: "assistant",
  parts: [],
  sibling_ids: ["msg_2"],
  created_at: "",
};
const chunks = [
  { type: "start", messageId: "msg_2" },
  { type: "data-run", data: { run, user_message: null, assistant_message: assistant } },
  { type: "text-start", id: "t0" },
  { type: "text-delta", id: "t0", delta: "one " },
  { type: "text-delta", id: "t0", delta: "two" },
  { type: "text-end", id: "t0" },
  { type: "data-run", data: { run: { ...run, status: "completed" } } },
  { type: "finish" },
];
const wire = chunks.map((chunk, i) => `id: ${i}\ndata: ${JSON.stringify(chunk)}\n\n`);
const respond = (events: string[]) =>
  new Response(events.join(""), { headers: { "x-run-id": "run_1" } });

function setUp(start: () => Response, resume: (lastEventId?: string) => Response) {
  const started: LiveRun[] = [];
  const calls: string[] = [];
  let ended: (result: { live: LiveRun; lost: boolean }) => void;
  const end = new Promise<{ live: LiveRun; lost: boolean }>((resolve) => (ended = resolve));
  const runs = new LiveRuns<{ text: string }>({
    transport: {
      start: async (_, body, key) => {
        calls.push(`start ${body.text} ${key}`);
        return start();
      },
      resume: (id, last) => {
        calls.push(`resume ${id} ${last ?? ""}`);
        return Promise.resolve(resume(last));
      },
    },
    onStarted: (live) => started.push(live),
    onEnded: (live, lost) => ended({ live, lost }),
    intervalMs: 0,
    follow: {
      sleep: () => Promise.resolve(),
      maxFailures: 2,
      isRefusal: (error) => String(error).includes("409"),
    },
  });
  return { runs, started, calls, end };
}

describe("LiveRuns", () => {
  it("starts a run, resumes it after a break, and forgets it when it is over", async () => {
    const { runs, started, calls, end } = setUp(
      () => respond(wire.slice(0, 4)),
      (last) => respond([...wire.slice(Number(last) + 1), "data: [DONE]\n\n"]),
    );
    await runs.start("conv_1", { text: "hi" }, "key");
    expect(started).toHaveLength(1);
    const { live, lost } = await end;
    expect(lost).toBe(false);
    expect(textOf(live.state.parts)).toBe("one two");
    expect(live.state.run?.status).toBe("completed");
    expect(calls).toEqual(["start hi key", "resume run_1 3"]);
    expect(runs.get("conv_1")).toBeUndefined();
  });

  it("hands back a refusal and tells nobody that a run ended", async () => {
    const { runs, started } = setUp(
      () => {
        throw new Error("409");
      },
      () => respond([]),
    );
    await expect(runs.start("conv_1", { text: "hi" }, "key")).rejects.toThrow("409");
    expect(started).toHaveLength(0);
    expect(runs.get("conv_1")).toBeUndefined();
  });

  it("says when the connection is lost for good", async () => {
    const { runs, end } = setUp(
      () => respond(wire.slice(0, 3)),
      () => respond([]),
    );
    await runs.start("conv_1", { text: "hi" }, "key");
    expect((await end).lost).toBe(true);
  });

  it("attaches once, and publishes snapshots", async () => {
    const { runs, calls, end } = setUp(
      () => respond([]),
      () => respond([...wire, "data: [DONE]\n\n"]),
    );
    let notified = 0;
    runs.subscribe(() => (notified += 1));
    runs.attach("conv_1", "run_1");
    runs.attach("conv_1", "run_1");
    runs.stopping("conv_1", true);
    expect(runs.get("conv_1")?.stopping).toBe(true);
    await end;
    expect(calls).toEqual(["resume run_1 "]);
    expect(notified).toBeGreaterThan(0);
  });
});
