/** A creation that is sent again after a lost answer happens once; one that was refused can be mended. */
import { idempotencyKey, isApiError } from "@parlance/api";
import { useState } from "react";

type Options<B> = { body: B; headers: Record<string, string> };
type Once = <B, T>(body: B, create: (options: Options<B>) => Promise<T>) => Promise<T>;

/**
 * The server keeps each answer, a refusal too, under its key and takes no other body there. So the key
 * stays only while the body does and nothing is known of what became of it.
 */
export function once(makeKey: () => string = idempotencyKey): Once {
  let last: { body: string; key: string } | null = null;
  return async (body, create) => {
    const text = JSON.stringify(body);
    if (last?.body !== text) last = { body: text, key: makeKey() };
    try {
      const made = await create({ body, headers: { "Idempotency-Key": last.key } });
      last = null;
      return made;
    } catch (error) {
      // The server says so while the first sending is under way.
      const underWay = isApiError(error, "idempotency_conflict");
      if (isApiError(error) && !error.retryable && !underWay) last = null;
      throw error;
    }
  };
}

export function useIdempotency(): Once {
  const [send] = useState(() => once());
  return send;
}
