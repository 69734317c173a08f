/** What would become of a text, by the rules as they stand in the form. Nothing is sent to a provider. */
import { Trans, useLingui } from "@lingui/react/macro";
import { testGuardrails, type GuardrailDecision } from "@parlance/api";
import { formatNumber } from "@parlance/i18n";
import { Badge, Button, Field, Notice, Textarea } from "@parlance/ui";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { actionName, ruleName } from "@/features/chat/guardrails";
import { Panel } from "@/features/settings/section";
import { toastError } from "@/lib/errors";
import type { Policy } from "./api";

export const TONES = {
  redacted: "accent",
  flagged: "warning",
  blocked: "danger",
  limited: "neutral",
} as const;

export function TryIt({
  subject,
  policy,
  place,
}: {
  subject: string | null;
  /** Null: the form has an error, and shows it. */
  policy: () => Policy | null;
  /** Shows the server's verdict in the form, if it has a place there. */
  place: (error: unknown) => boolean;
}) {
  const { t, i18n } = useLingui();
  const [text, setText] = useState("");
  const trial = useMutation({
    mutationFn: (draft: Policy) =>
      testGuardrails({ body: { text, key_id: subject, policy: draft } }),
    onError: (error) => {
      if (!place(error)) toastError(error);
    },
  });
  const result = trial.data;
  const tokens = formatNumber(result?.tokens ?? 0);
  return (
    <Panel className="mt-4">
      <form
        noValidate
        aria-label={t`Try it out`}
        className="space-y-4 p-5"
        onSubmit={(event) => {
          event.preventDefault();
          const draft = policy();
          if (draft && text.trim() !== "" && !trial.isPending) trial.mutate(draft);
        }}
      >
        <Field
          label={t`Try it out`}
          hint={
            <Trans>By the rules above, saved or not. Nothing is sent and nothing is kept.</Trans>
          }
        >
          {(control) => (
            <Textarea
              {...control}
              rows={3}
              maxLength={20_000}
              value={text}
              placeholder={t`Write to ann@example.com`}
              onChange={(event) => setText(event.target.value)}
            />
          )}
        </Field>
        <Button type="submit" disabled={text.trim() === ""} pending={trial.isPending}>
          <Trans>Try it</Trans>
        </Button>
        <div aria-live="polite" className="space-y-3 empty:hidden">
          {result && result.blocked !== null && (
            <Notice tone="danger" title={t`It would be refused`}>
              {i18n.locale === "en" && <p>{result.blocked}</p>}
            </Notice>
          )}
          {result && result.text !== null && (
            <div>
              <p className="mb-1.5 text-sm font-medium">{t`What the provider would see`}</p>
              <p className="rounded-md border border-line bg-canvas px-3 py-2 text-sm wrap-anywhere whitespace-pre-wrap">
                {result.text}
              </p>
            </div>
          )}
          {result && <Found decisions={result.decisions} />}
          {result && result.tokens !== null && (
            <p className="text-[0.8125rem] text-subtle">
              <Trans>{tokens} tokens for the default model</Trans>
            </p>
          )}
        </div>
      </form>
    </Panel>
  );
}

function Found({ decisions }: { decisions: GuardrailDecision[] }) {
  if (decisions.length === 0) {
    return (
      <p className="text-sm text-muted">
        <Trans>No rule finds anything in it.</Trans>
      </p>
    );
  }
  return (
    <ul className="flex flex-wrap gap-2">
      {decisions.map(({ rule, action, count }) => (
        <li key={`${rule} ${action}`}>
          <Badge tone={TONES[action]}>
            {ruleName(rule)} · {actionName(action)}
            {count > 1 && ` × ${formatNumber(count)}`}
          </Badge>
        </li>
      ))}
    </ul>
  );
}
