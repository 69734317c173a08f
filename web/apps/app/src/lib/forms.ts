/** Puts the server's verdict where the person looks: beside the field, or else as a toast. */
import { msg } from "@lingui/core/macro";
import type { MessageDescriptor } from "@lingui/core";
import { ApiError } from "@parlance/api";
import { i18n } from "@parlance/i18n";
import { toastError } from "./errors";
import type { Form } from "./use-form";

const EASY = msg`This password is too easy to guess. Choose another.`;

/** Errors in the person's language, by code or by field and code; for others the server's message stands. */
const FIELD_MESSAGES: Record<string, MessageDescriptor> = {
  required: msg`This is required.`,
  "email.same": msg`That is your address already.`,
  "email.invalid": msg`Enter an e-mail address.`,
  "password.invalid": EASY,
  "new_password.invalid": EASY,
  "current_password.wrong": msg`That isn't your current password.`,
  "name.invalid": msg`Choose another name.`,
};

/**
 * Sets the errors of fields that the form has and focuses the first; anything else becomes a toast. `own` are
 * messages that only this form needs.
 */
export function applyServerErrors<T extends Record<string, string>>(
  error: unknown,
  form: Form<T>,
  own: Record<string, MessageDescriptor> = FIELD_MESSAGES,
): void {
  if (!(error instanceof ApiError) || error.errors.length === 0) return toastError(error);
  let placed = false;
  for (const { field: path, code, message } of error.errors) {
    // An entry of a list ("allowed_ips.2") belongs to the control that holds the list.
    const field = [path, path.replace(/[.[].*$/, "")].find(form.has);
    if (field === undefined) continue;
    const text =
      own[`${field}.${code}`] ?? FIELD_MESSAGES[`${field}.${code}`] ?? FIELD_MESSAGES[code];
    form.setError(field, text ? i18n._(text) : message);
    if (!placed) form.focus(field);
    placed = true;
  }
  if (!placed) toastError(error);
}
