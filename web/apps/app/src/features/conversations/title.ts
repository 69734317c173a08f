import type { Conversation } from "@parlance/api";
import { msg } from "@lingui/core/macro";
import { i18n } from "@parlance/i18n";

/** A conversation's name; new ones get theirs from the server after the first answer. */
export function titleOf(conversation: Pick<Conversation, "title">): string {
  return conversation.title?.trim() || i18n._(msg`New chat`);
}
