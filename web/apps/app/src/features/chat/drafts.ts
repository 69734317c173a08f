/** Unsent text, kept per conversation until the tab closes. */

const key = (conversationId: string | undefined) => `parlance.draft.${conversationId ?? "new"}`;

export function readDraft(conversationId: string | undefined): string {
  try {
    return sessionStorage.getItem(key(conversationId)) ?? "";
  } catch {
    return "";
  }
}

export function writeDraft(conversationId: string | undefined, text: string): void {
  try {
    if (text === "") sessionStorage.removeItem(key(conversationId));
    else sessionStorage.setItem(key(conversationId), text);
  } catch {
    // Storage is forbidden or full: the text lives as long as the page.
  }
}
