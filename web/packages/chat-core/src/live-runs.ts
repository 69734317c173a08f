/**
 * The runs this tab is listening to, one per conversation at most, alive across navigation.
 * An external store for React (`subscribe` + `get`): snapshots change at most 15 times a second.
 * The transport is given; nothing here knows addresses, tokens or caches.
 */
import { followStream, StreamLost, type FollowOptions } from "./follow";
import { pace, type Pacer } from "./pace";
import { emptyRunState, parseChunk, reduceRun, type RunState } from "./run-state";
import { isActive } from "./types";

export interface LiveRun {
  conversationId: string;
  /** Null until the server has named the run. */
  runId: string | null;
  connection: "connecting" | "open" | "waiting";
  /** Stop was asked for and not yet confirmed. */
  stopping: boolean;
  state: RunState;
}

export interface RunTransport<Body> {
  /** Starts a run and streams it. Repeating `key` re-attaches to the run it started. */
  start(conversationId: string, body: Body, key: string, signal: AbortSignal): Promise<Response>;
  resume(runId: string, lastEventId: string | undefined, signal: AbortSignal): Promise<Response>;
}

export interface LiveRunsOptions<Body> {
  transport: RunTransport<Body>;
  /** The server has accepted the run and named its messages. */
  onStarted: (live: LiveRun) => void;
  /** The stream is over (`lost`: because the connection is); the store has forgotten the run. */
  onEnded: (live: LiveRun, lost: boolean) => void;
  now?: () => number;
  intervalMs?: number;
  follow?: Pick<FollowOptions, "isRefusal" | "sleep" | "random" | "maxFailures" | "stallMs">;
}

interface Entry {
  live: LiveRun;
  published: LiveRun;
  pacer: Pacer;
  abort: AbortController;
  started: boolean;
}

export class LiveRuns<Body> {
  readonly #options: LiveRunsOptions<Body>;
  readonly #now: () => number;
  readonly #entries = new Map<string, Entry>();
  readonly #listeners = new Set<() => void>();
  readonly #reasoningMs = new Map<string, number>();

  constructor(options: LiveRunsOptions<Body>) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  get(conversationId: string): LiveRun | undefined {
    return this.#entries.get(conversationId)?.published;
  }

  /** How long a message's reasoning took, if this tab saw it happen. */
  reasoningMs(messageId: string): number | undefined {
    return this.#reasoningMs.get(messageId);
  }

  /** Resolves once the server has accepted the run; rejects with its refusal. */
  start(conversationId: string, body: Body, key: string): Promise<void> {
    return this.#follow(conversationId, null, (runId, lastEventId, signal) =>
      runId === null
        ? this.#options.transport.start(conversationId, body, key, signal)
        : this.#options.transport.resume(runId, lastEventId, signal),
    );
  }

  /** Joins a run that goes on already. Joining the run that is being followed does nothing. */
  attach(conversationId: string, runId: string): void {
    if (this.#entries.has(conversationId)) return;
    void this.#follow(conversationId, runId, (_, lastEventId, signal) =>
      this.#options.transport.resume(runId, lastEventId, signal),
    ).catch(() => undefined); // onEnded has told the app
  }

  stopping(conversationId: string, stopping: boolean): void {
    const entry = this.#entries.get(conversationId);
    if (!entry) return;
    this.#update(entry, { stopping });
    entry.pacer.flush();
  }

  /** Leaves every stream, e.g. at log-out. The runs themselves go on at the server. */
  leaveAll(): void {
    for (const entry of this.#entries.values()) {
      entry.pacer.cancel();
      entry.abort.abort();
    }
    this.#entries.clear();
    this.#publish();
  }

  #publish(): void {
    for (const listener of this.#listeners) listener();
  }

  #update(entry: Entry, change: Partial<LiveRun>): void {
    entry.live = { ...entry.live, ...change };
    entry.pacer.request();
  }

  async #follow(
    conversationId: string,
    runId: string | null,
    open: (
      runId: string | null,
      lastEventId: string | undefined,
      signal: AbortSignal,
    ) => Promise<Response>,
  ): Promise<void> {
    this.#entries.get(conversationId)?.abort.abort();
    const live: LiveRun = {
      conversationId,
      runId,
      connection: "connecting",
      stopping: false,
      state: emptyRunState,
    };
    const entry: Entry = {
      live,
      published: live,
      abort: new AbortController(),
      started: false,
      pacer: pace(() => {
        entry.published = entry.live;
        this.#publish();
      }, this.#options.intervalMs),
    };
    this.#entries.set(conversationId, entry);
    this.#publish();
    return new Promise((accepted, refused) => {
      followStream({
        ...this.#options.follow,
        signal: entry.abort.signal,
        open: async (lastEventId, signal) => {
          const response = await open(entry.live.runId, lastEventId, signal);
          const named = response.headers.get("x-run-id");
          if (named) this.#update(entry, { runId: named });
          return response;
        },
        onConnection: (connection) => this.#update(entry, { connection }),
        onEvent: (event) => {
          if (event.data === "[DONE]") return true;
          const chunk = parseChunk(event.data);
          if (!chunk) return false;
          const state = reduceRun(entry.live.state, chunk, this.#now());
          this.#update(entry, { state, runId: state.run?.id ?? entry.live.runId });
          if (!entry.started && state.run && state.assistantMessage) {
            entry.started = true;
            this.#options.onStarted(entry.live);
            accepted();
          }
          return false;
        },
      }).then(
        () => {
          this.#forget(entry);
          this.#options.onEnded(entry.live, false);
          accepted();
        },
        (error: unknown) => {
          if (entry.abort.signal.aborted) return accepted();
          this.#forget(entry);
          if (entry.live.runId !== null) {
            const over = entry.live.state.run !== null && !isActive(entry.live.state.run);
            this.#options.onEnded(entry.live, error instanceof StreamLost && !over);
          }
          refused(error);
        },
      );
    });
  }

  #forget(entry: Entry): void {
    entry.pacer.cancel();
    const { reasoningMs, messageId } = entry.live.state;
    if (messageId !== null && reasoningMs !== null && reasoningMs >= 1000) {
      this.#reasoningMs.set(messageId, reasoningMs);
    }
    if (this.#entries.get(entry.live.conversationId) === entry) {
      this.#entries.delete(entry.live.conversationId);
    }
    // The caller publishes through onEnded's cache write and this notification.
    queueMicrotask(() => this.#publish());
  }
}
