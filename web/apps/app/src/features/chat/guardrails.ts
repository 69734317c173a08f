/** Names of guardrails' rules and of what they do, for people. */
import { msg } from "@lingui/core/macro";
import type { MessageDescriptor } from "@lingui/core";
import { i18n } from "@parlance/i18n";

const RULES: Record<string, MessageDescriptor> = {
  email: msg`E-mail addresses`,
  phone: msg`Phone numbers`,
  card: msg`Card numbers`,
  blocked_term: msg`Blocked term`,
  max_input_tokens: msg`Longest input`,
  max_output_tokens: msg`Longest answer`,
  "injection.override_instructions": msg`Sets instructions aside`,
  "injection.reveal_prompt": msg`Asks for the instructions`,
  "injection.role_change": msg`Changes the model's role`,
  "injection.fake_turn": msg`Made-up turn`,
  "injection.hidden_text": msg`Hidden letters`,
  "injection.encoded": msg`Encoded instructions`,
};

export function ruleName(rule: string): string {
  const known = RULES[rule];
  if (known) return i18n._(known);
  // A pattern of the workspace's own has the name that they gave it.
  return rule.replace(/^(pattern|injection)\./, "");
}

const ACTIONS: Record<string, MessageDescriptor> = {
  redacted: msg`Hidden from the provider`,
  flagged: msg`Flagged`,
  blocked: msg`Blocked`,
  limited: msg`Shortened`,
};

export function actionName(action: string): string {
  const known = ACTIONS[action];
  return known ? i18n._(known) : action;
}
