/**
 * Follows one stream to its end over as many connections as it takes. A connection that breaks,
 * stalls or ends early is opened again from the last event id seen, with exponential backoff and
 * jitter; progress resets the count. A refusal, as the caller defines it, is not retried.
 */
import { readEvents, type ServerSentEvent } from "./sse";

/** Every attempt failed without one event in between. */
export class StreamLost extends Error {
  override name = "StreamLost";
  constructor(cause: unknown) {
    super("the connection was lost", { cause });
  }
}

export interface FollowOptions {
  /** Opens a connection that continues after `lastEventId` (undefined: from the start); rejects unless it is ok. */
  open: (lastEventId: string | undefined, signal: AbortSignal) => Promise<Response>;
  /** Called in order, once per event. Returning true ends the following. */
  onEvent: (event: ServerSentEvent) => boolean;
  /** Whether an error of `open` is the server's answer, so that trying again is of no use. */
  isRefusal?: (error: unknown, resuming: boolean) => boolean;
  onConnection?: (state: "open" | "waiting") => void;
  signal: AbortSignal;
  /** Attempts in a row without an event before giving up. */
  maxFailures?: number;
  /** Silence after which a connection counts as dead; the server sends a comment every 15 s. */
  stallMs?: number;
  sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
  random?: () => number;
}

const BASE_DELAY_MS = 250;
const MAX_DELAY_MS = 8_000;

/** Full delay grows 250 ms, 500 ms, … 8 s; half of it is jitter. */
export function backoffMs(failures: number, random: () => number): number {
  const full = Math.min(MAX_DELAY_MS, BASE_DELAY_MS * 2 ** (failures - 1));
  return full / 2 + (full / 2) * random();
}

/** Waits, but no longer than until the browser says it is online again. */
export function sleepUntilOnline(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = () => {
      clearTimeout(timer);
      globalThis.removeEventListener?.("online", done);
      signal.removeEventListener("abort", done);
      if (signal.aborted) reject(signal.reason);
      else resolve();
    };
    const timer = setTimeout(done, ms);
    globalThis.addEventListener?.("online", done);
    signal.addEventListener("abort", done);
    if (signal.aborted) done();
  });
}

export async function followStream(options: FollowOptions): Promise<void> {
  const { signal, maxFailures = 12, stallMs = 45_000 } = options;
  const sleep = options.sleep ?? sleepUntilOnline;
  const random = options.random ?? Math.random;
  let lastEventId: string | undefined;
  let failures = 0;
  for (;;) {
    signal.throwIfAborted();
    const connection = new AbortController();
    const abort = () => connection.abort(signal.reason);
    signal.addEventListener("abort", abort);
    let stall: ReturnType<typeof setTimeout> | undefined;
    const watch = () => {
      clearTimeout(stall);
      stall = setTimeout(() => connection.abort(new Error("stalled")), stallMs);
    };
    try {
      watch();
      const response = await options.open(lastEventId, connection.signal);
      if (!response.body) throw new Error("the response has no body");
      options.onConnection?.("open");
      for await (const event of readEvents(response.body, {
        signal: connection.signal,
        onBytes: watch,
      })) {
        failures = 0;
        if (event.id !== "") lastEventId = event.id;
        if (options.onEvent(event)) return;
      }
      throw new Error("the stream ended before its last event");
    } catch (error) {
      signal.throwIfAborted();
      if (options.isRefusal?.(error, lastEventId !== undefined)) throw error;
      failures += 1;
      if (failures >= maxFailures) throw new StreamLost(error);
    } finally {
      clearTimeout(stall);
      signal.removeEventListener("abort", abort);
    }
    options.onConnection?.("waiting");
    await sleep(backoffMs(failures, random), signal);
  }
}
