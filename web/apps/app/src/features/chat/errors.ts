/** Why an answer failed, in the person's language, by the codes of the server's table. */
import type { MessageDescriptor } from "@lingui/core";
import { msg } from "@lingui/core/macro";
import { ApiError } from "@parlance/api";
import { i18n } from "@parlance/i18n";
import { toast } from "@parlance/ui";
import { codeMessage, errorMessage } from "@/lib/errors";

const MESSAGES: Record<string, MessageDescriptor> = {
  provider_auth: msg`The model's provider refused the server's key. An administrator can check it.`,
  provider_rate_limited: msg`The model's provider is limiting requests right now. Wait a moment, then retry.`,
  provider_overloaded: msg`The model is overloaded right now. Wait a moment, then retry.`,
  provider_timeout: msg`The model took too long to answer.`,
  provider_unreachable: msg`The model's provider can't be reached.`,
  provider_invalid_request: msg`The model did not accept this request. Other parameters or another model may help.`,
  provider_content_filter: msg`The model's provider declined to answer this.`,
  provider_protocol: msg`The model's provider sent something that can't be read.`,
  provider_failed: msg`The model failed while answering.`,
  context_too_long: msg`This message is too long for the model. Shorten it, or choose a model with a larger context.`,
  unknown_model: msg`This model is not in the catalogue any more. Choose another one.`,
  model_unavailable: msg`This model is not available on this server. Choose another one.`,
  run_active: msg`An answer is already being written in this conversation.`,
};

/** For the error of a run. */
export function runErrorMessage(code: string | undefined): string {
  const known = code === undefined ? undefined : MESSAGES[code];
  if (known) return i18n._(known);
  const general = code === undefined || code === "internal" ? null : codeMessage(code);
  return general ?? i18n._(msg`Something went wrong while answering.`);
}

/** For a request that was refused before a run began. */
export function chatErrorMessage(error: unknown): string {
  const known = error instanceof ApiError ? MESSAGES[error.code] : undefined;
  return known ? i18n._(known) : errorMessage(error);
}

/** Whether money, a quota or a guardrail stopped it: the banner over the composer tells of that. */
export function isLimit(error: unknown): error is ApiError {
  return error instanceof ApiError && LIMITS.includes(error.code);
}

export const LIMITS: readonly string[] = ["budget_exceeded", "quota_exceeded", "content_blocked"];

/** A message that was not taken: the reason, in words. */
export function toastRefusal(error: unknown): void {
  if (isLimit(error)) return;
  const text = chatErrorMessage(error);
  toast.error(text, { id: `chat:${text}` });
}
