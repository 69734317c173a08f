import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readEvents, type ServerSentEvent } from "./sse";

function body(chunks: Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
}

async function read(chunks: Uint8Array[]): Promise<ServerSentEvent[]> {
  const events: ServerSentEvent[] = [];
  for await (const event of readEvents(body(chunks))) events.push(event);
  return events;
}

const bytes = (text: string) => new TextEncoder().encode(text);

describe("readEvents", () => {
  it("reads fields, comments, several data lines and persisting ids", async () => {
    const text =
      ": hello\nid: 1\ndata: a\ndata:b\ndata\n\nevent: ping\ndata:  two spaces\n\nretry: 5\n\nid\ndata: x\n\n";
    expect(await read([bytes(text)])).toEqual([
      { id: "1", event: "message", data: "a\nb\n" },
      { id: "1", event: "ping", data: " two spaces" },
      { id: "", event: "message", data: "x" },
    ]);
  });

  it("drops the byte order mark, ids with NUL and an unfinished last event", async () => {
    const text = "\ufeffid: a\0b\ndata: one\n\ndata: two\n";
    expect(await read([bytes(text)])).toEqual([{ id: "", event: "message", data: "one" }]);
  });

  it("gives the same events however the bytes are cut and the lines end", async () => {
    const text =
      ': c\nid: 7\ndata: Xin chào 👋🏽 thế giới\n\nid: 8\ndata: {"a":1}\ndata: é\n\ndata: [DONE]\n\n';
    const whole = await read([bytes(text)]);
    expect(whole).toHaveLength(3);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom("\n", "\r\n", "\r"),
        fc.array(fc.nat(200), { maxLength: 40 }),
        async (end, cuts) => {
          const all = bytes(text.replaceAll("\n", end));
          const at = [0, ...cuts.map((cut) => cut % all.length).sort((a, b) => a - b), all.length];
          const chunks = at.slice(1).map((to, i) => all.slice(at[i], to));
          expect(await read(chunks)).toEqual(whole);
        },
      ),
    );
  });

  it("cancels the body when the consumer leaves", async () => {
    let cancelled = false;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(bytes("data: x\n\n")),
      cancel: () => {
        cancelled = true;
      },
    });
    for await (const event of readEvents(endless)) {
      expect(event.data).toBe("x");
      break;
    }
    expect(cancelled).toBe(true);
  });
});
