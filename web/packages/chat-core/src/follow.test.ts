import { describe, expect, it } from "vitest";
import { backoffMs, followStream, StreamLost } from "./follow";

const EVENTS = Array.from({ length: 8 }, (_, i) => ({ id: `e${i}`, data: `chunk ${i}` }));
const wire = (events: typeof EVENTS) =>
  events.map((event) => `id: ${event.id}\ndata: ${event.data}\n\n`).join("");

/** A server with a replayable log, whose connections break after the given numbers of events. */
function server(breaks: number[]) {
  const asked: (string | undefined)[] = [];
  const open = (lastEventId: string | undefined) => {
    asked.push(lastEventId);
    const from = lastEventId === undefined ? 0 : EVENTS.findIndex((e) => e.id === lastEventId) + 1;
    const after = breaks.shift();
    const events = EVENTS.slice(from, after === undefined ? undefined : from + after);
    const tail = after === undefined ? "data: [DONE]\n\n" : "id: half\ndata: never disp";
    return Promise.resolve(new Response(wire(events) + tail));
  };
  return { open, asked };
}

async function follow(open: (id: string | undefined) => Promise<Response>, maxFailures = 5) {
  const seen: string[] = [];
  const waits: number[] = [];
  await followStream({
    open,
    signal: new AbortController().signal,
    maxFailures,
    random: () => 0.5,
    sleep: (ms) => {
      waits.push(ms);
      return Promise.resolve();
    },
    onEvent: (event) => {
      if (event.data === "[DONE]") return true;
      seen.push(event.data);
      return false;
    },
  });
  return { seen, waits };
}

describe("followStream", () => {
  it("acceptance 38: cut at any event, the whole is the same", async () => {
    for (let cut = 0; cut <= EVENTS.length; cut += 1) {
      const { open, asked } = server([cut]);
      const { seen } = await follow(open);
      expect(seen).toEqual(EVENTS.map((event) => event.data));
      expect(asked).toEqual([undefined, cut === 0 ? undefined : `e${cut - 1}`]);
    }
  });

  it("counts failures only without progress, and waits longer each time", async () => {
    const { open } = server([1, 1, 0, 0, 1, 0, 0]);
    const { waits } = await follow(open, 4);
    expect(waits).toEqual([187.5, 187.5, 375, 750, 187.5, 375, 750]);
  });

  it("gives up after too many failures in a row", async () => {
    const { open } = server([0, 0, 0, 0]);
    await expect(follow(open, 3)).rejects.toBeInstanceOf(StreamLost);
  });

  it("does not retry a refusal", async () => {
    const refusal = new Error("No such model.");
    let calls = 0;
    const following = followStream({
      open: () => {
        calls += 1;
        return Promise.reject(refusal);
      },
      isRefusal: (error) => error === refusal,
      signal: new AbortController().signal,
      onEvent: () => false,
    });
    await expect(following).rejects.toBe(refusal);
    expect(calls).toBe(1);
  });

  it("retries what is not a refusal", async () => {
    const { open } = server([]);
    let first = true;
    const { seen } = await follow((id) => {
      if (!first) return open(id);
      first = false;
      return Promise.reject(new TypeError("network"));
    });
    expect(seen).toHaveLength(EVENTS.length);
  });

  it("stops at once when aborted", async () => {
    const abort = new AbortController();
    const following = followStream({
      open: () => Promise.resolve(new Response(new ReadableStream())),
      signal: abort.signal,
      onConnection: () => abort.abort(new Error("left")),
      onEvent: () => false,
      stallMs: 20,
      sleep: () => Promise.resolve(),
    });
    await expect(following).rejects.toThrow("left");
  });

  it("keeps the delay between half and all of its cap", () => {
    expect(backoffMs(1, () => 0)).toBe(125);
    expect(backoffMs(99, () => 1)).toBe(8000);
  });
});
