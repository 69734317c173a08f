/**
 * Reads server-sent events from a fetch body, as the WHATWG HTML standard, section 9.2.6, says:
 * UTF-8 that is cut anywhere, LF, CR or CRLF (also cut between the two), comments, several data
 * lines, ids that persist, a leading byte order mark, and an unfinished last event dropped.
 * Absent on purpose: EventSource (no POST, no headers, retries on its own terms).
 */

export interface ServerSentEvent {
  /** The last event id seen, "" before the first. */
  id: string;
  event: string;
  data: string;
}

export async function* readEvents(
  body: ReadableStream<Uint8Array>,
  { signal, onBytes }: { signal?: AbortSignal; onBytes?: () => void } = {},
): AsyncGenerator<ServerSentEvent, void, void> {
  const reader = body.getReader();
  const cancel = () => void reader.cancel().catch(() => undefined);
  signal?.addEventListener("abort", cancel);
  if (signal?.aborted) cancel();
  const decoder = new TextDecoder(); // drops the byte order mark
  let rest: string[] = []; // pieces of a line whose end has not arrived
  let afterCr = false;
  let id = "";
  let event = "";
  let data: string[] = [];
  try {
    for (;;) {
      const { done, value: bytes } = await reader.read();
      if (done) return;
      onBytes?.();
      let text = decoder.decode(bytes, { stream: true });
      if (text === "") continue;
      if (afterCr && text.startsWith("\n")) text = text.slice(1);
      afterCr = text === "" ? false : text.endsWith("\r");
      const lines = text.split(/\r\n|\n|\r/);
      const last = lines.pop() ?? "";
      for (const piece of lines) {
        const line = rest.join("") + piece;
        rest = [];
        if (line === "") {
          if (data.length > 0) yield { id, event: event || "message", data: data.join("\n") };
          event = "";
          data = [];
          continue;
        }
        const colon = line.indexOf(":");
        const field = colon < 0 ? line : line.slice(0, colon);
        const value = colon < 0 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
        if (field === "data") data.push(value);
        else if (field === "event") event = value;
        else if (field === "id" && !value.includes("\0")) id = value;
      }
      if (last !== "") rest.push(last);
    }
  } finally {
    // Also runs when the consumer leaves the loop early: frees the connection.
    signal?.removeEventListener("abort", cancel);
    cancel();
  }
}
