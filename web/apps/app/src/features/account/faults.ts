/** Words for what goes wrong on the way in, which no other page needs. */
import { msg } from "@lingui/core/macro";
import type { MessageDescriptor } from "@lingui/core";
import { ApiError } from "@parlance/api";
import { i18n } from "@parlance/i18n";
import { errorMessage } from "@/lib/errors";

export const FIELD_FAULTS: Record<string, MessageDescriptor> = {
  "password.wrong": msg`That isn't your password.`,
  "code.wrong": msg`This code doesn't work. Check it, or wait for the next one.`,
  "email.domain": msg`Addresses of this domain can't sign up here.`,
  "email.disposable": msg`Use an address that you will keep.`,
};

const FAULTS: Record<string, MessageDescriptor> = {
  challenge_ended: msg`That took too long. Please begin again.`,
  passkey_refused: msg`This passkey wasn't accepted.`,
  invitation_needed: msg`Your invitation is for another address, or has ended.`,
};

/** A sentence for any failure. */
export function faultMessage(error: unknown): string {
  const known = error instanceof ApiError ? FAULTS[error.code] : undefined;
  return known ? i18n._(known) : errorMessage(error);
}
