/**
 * One tab of many holds a connection for all: the tab that owns the Web Lock is the leader, and
 * relays what it hears over a BroadcastChannel. When it closes, the browser hands the lock to the
 * next tab. Without Web Locks (old browsers, plain HTTP) every tab leads itself.
 */
export interface LeaderOptions<T> {
  name: string;
  /** Runs while this tab leads; must end when the signal aborts. */
  lead: (emit: (message: T) => void, signal: AbortSignal) => Promise<void>;
  onMessage: (message: T) => void;
  signal: AbortSignal;
}

export function shareAcrossTabs<T>({ name, lead, onMessage, signal }: LeaderOptions<T>): void {
  const channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(name);
  channel?.addEventListener("message", (event: MessageEvent<T>) => onMessage(event.data));
  signal.addEventListener("abort", () => channel?.close());
  const emit = (message: T) => {
    if (signal.aborted) return;
    channel?.postMessage(message);
    onMessage(message);
  };
  const locks = globalThis.navigator?.locks;
  const leading = locks
    ? locks.request(name, { signal }, () => lead(emit, signal))
    : lead(emit, signal);
  leading.catch(() => undefined); // aborted while waiting or leading
}
