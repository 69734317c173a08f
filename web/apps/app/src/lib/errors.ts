/** Words for failures, in the person's language. The server's `detail` is English and for developers. */
import { msg } from "@lingui/core/macro";
import type { MessageDescriptor } from "@lingui/core";
import { i18n } from "@parlance/i18n";
import { ApiError } from "@parlance/api";
import { toast } from "@parlance/ui";

const MESSAGES: Record<string, MessageDescriptor> = {
  network: msg`You seem to be offline. Check your connection and try again.`,
  unavailable: msg`Parlance can't be reached right now. Please try again in a moment.`,
  internal: msg`Something went wrong on our side. Please try again.`,
  rate_limited: msg`Too many requests. Please wait a moment and try again.`,
  invalid_credentials: msg`That e-mail and password don't match.`,
  unauthenticated: msg`Your session has ended. Please log in again.`,
  token_expired: msg`Your session has ended. Please log in again.`,
  refresh_reused: msg`Your session has ended. Please log in again.`,
  forbidden: msg`You don't have permission to do that.`,
  not_found: msg`This doesn't exist any more, or you can't see it.`,
  conflict: msg`Someone changed this at the same time. Please try again.`,
  last_owner: msg`A workspace needs at least one owner.`,
  payload_too_large: msg`That file is too large.`,
  unsupported_media_type: msg`That kind of file isn't supported.`,
  invalid_body: msg`Some of the details aren't right. Please check them.`,
};

/** A sentence for any failure. */
export function errorMessage(error: unknown): string {
  const code = error instanceof ApiError ? error.code : "internal";
  const known = MESSAGES[code];
  if (known) return i18n._(known);
  if (error instanceof ApiError && error.detail) return error.detail;
  return i18n._(MESSAGES.internal as MessageDescriptor);
}

/** Tells the person that something they asked for failed. Give it to `onError` of mutations. */
export function toastError(error: unknown): void {
  if (error instanceof DOMException && error.name === "AbortError") return;
  const reference =
    error instanceof ApiError && error.status >= 500 && error.requestId
      ? i18n._(msg`Reference: ${error.requestId}`)
      : undefined;
  const text = errorMessage(error);
  toast.error(text, { id: `error:${text}`, description: reference });
}
