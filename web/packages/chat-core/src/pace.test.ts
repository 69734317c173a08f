import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { pace } from "./pace";

describe("pace", () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it("calls at once, then at most once per interval, and never loses the last", () => {
    const call = vi.fn();
    const pacer = pace(call, 100, () => Date.now());
    for (let ms = 0; ms < 1000; ms += 10) {
      pacer.request();
      vi.advanceTimersByTime(10);
    }
    expect(call.mock.calls.length).toBeLessThanOrEqual(11);
    expect(call.mock.calls.length).toBeGreaterThanOrEqual(9);
    call.mockClear();
    pacer.request();
    vi.advanceTimersByTime(200);
    expect(call).toHaveBeenCalled();
  });

  it("flushes what waits, and only that", () => {
    const call = vi.fn();
    const pacer = pace(call, 100, () => Date.now());
    pacer.flush();
    expect(call).toHaveBeenCalledTimes(0);
    pacer.request();
    pacer.request();
    pacer.flush();
    expect(call).toHaveBeenCalledTimes(2);
    pacer.request();
    pacer.cancel();
    vi.advanceTimersByTime(500);
    expect(call).toHaveBeenCalledTimes(2);
  });
});
