/**
 * Messages that a spend cap or a quota stopped, by conversation: for the banner over the composer, also
 * when the conversation was made a moment ago and its page is only just coming up.
 */
import type { ApiError } from "@parlance/api";
import { useSyncExternalStore } from "react";

export interface Refusal {
  error: ApiError;
  /** What was written, to be given back; null: nothing to give back. */
  text: string | null;
}

const refusals = new Map<string, Refusal>();
const listeners = new Set<() => void>();

export function setRefusal(conversationId: string, refusal: Refusal | null): void {
  if (refusal) refusals.set(conversationId, refusal);
  else if (!refusals.delete(conversationId)) return;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useRefusal(conversationId: string): Refusal | undefined {
  return useSyncExternalStore(subscribe, () => refusals.get(conversationId));
}
