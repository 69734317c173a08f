/** The one sentence that screen readers hear about the chat. A store outside React: runs outlive pages. */
import { msg } from "@lingui/core/macro";
import { textOf, type RunState } from "@parlance/chat-core";
import { i18n } from "@parlance/i18n";

const SPOKEN_CHARACTERS = 600;

let announcement = "";
const listeners = new Set<() => void>();

function announce(text: string): void {
  announcement = text;
  for (const listener of listeners) listener();
}

export const announcements = {
  get: () => announcement,
  subscribe(listener: () => void) {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};

/** Only the conversation that is being looked at speaks. */
function isShown(conversationId: string): boolean {
  return location.pathname.endsWith(`/${conversationId}`);
}

export function announceStart(conversationId: string): void {
  if (isShown(conversationId)) announce(i18n._(msg`Answering…`));
}

export function announceEnd(conversationId: string, state: RunState): void {
  if (!isShown(conversationId)) return;
  const text = textOf(state.parts).slice(0, SPOKEN_CHARACTERS);
  if (state.outcome === "failed") announce(i18n._(msg`The answer failed.`));
  else if (state.outcome === "aborted") announce(i18n._(msg`The answer was stopped.`));
  else announce(i18n._(msg`Answer complete: ${text}`));
}
