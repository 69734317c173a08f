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
  refresh_reused: msg`You were signed out because your session was used from two places at once, which can mean that somebody copied it. Log in again; if that wasn't you, change your password.`,
  forbidden: msg`You don't have permission to do that.`,
  not_found: msg`This doesn't exist any more, or you can't see it.`,
  budget_exceeded: msg`A spend cap has been reached.`,
  quota_exceeded: msg`The plan's quota is used up.`,
  model_not_allowed: msg`This model may not be used here. Choose another one.`,
  model_unpriced: msg`This model has no price, so its cost can't be kept within a cap. Choose another one.`,
  unsupported_parameter: msg`The model does not take one of these settings.`,
  content_blocked: msg`A rule of this workspace stopped this message.`,
  address_not_allowed: msg`This key may not be used from this address.`,
  step_up_required: msg`Nothing was changed, as you didn't confirm that it is you.`,
  conflict: msg`Someone changed this at the same time. Please try again.`,
  link_invalid: msg`This link doesn't work any more. Ask for a new one.`,
  workspace_deleted: msg`This workspace has been deleted. For two weeks its owners can restore it.`,
  impersonating: msg`That is theirs alone to do. End acting as them first.`,
  personal_workspace: msg`A personal workspace stays with its person.`,
  invitation_ended: msg`This invitation has ended.`,
  invitation_for_other: msg`This invitation is for another address.`,
  already_member: msg`This person is a member already.`,
  last_owner: msg`A workspace needs at least one owner.`,
  payload_too_large: msg`That file is too large.`,
  unsupported_media_type: msg`That kind of file isn't supported.`,
  invalid_body: msg`Some of the details aren't right. Please check them.`,
};

/** What a code means to a person; null: nothing that this table knows. */
export function codeMessage(code: string): string | null {
  const known = MESSAGES[code];
  return known ? i18n._(known) : null;
}

/** A sentence for any failure. */
export function errorMessage(error: unknown): string {
  const known = codeMessage(error instanceof ApiError ? error.code : "internal");
  if (known !== null) return known;
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
