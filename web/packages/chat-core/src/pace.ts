/**
 * At most one call per interval, the last one always made: React renders a stream at 15 Hz
 * however fast it arrives.
 */
export interface Pacer {
  request(): void;
  /** Calls now if a call is due. */
  flush(): void;
  cancel(): void;
}

export const FRAME_MS = 1000 / 15;

export function pace(
  call: () => void,
  intervalMs = FRAME_MS,
  now: () => number = () => performance.now(),
): Pacer {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let last = Number.NEGATIVE_INFINITY;
  const run = () => {
    clearTimeout(timer);
    timer = undefined;
    last = now();
    call();
  };
  return {
    request() {
      if (timer !== undefined) return;
      const wait = last + intervalMs - now();
      if (wait <= 0) run();
      else timer = setTimeout(run, wait);
    },
    flush() {
      if (timer !== undefined) run();
    },
    cancel() {
      clearTimeout(timer);
      timer = undefined;
    },
  };
}
