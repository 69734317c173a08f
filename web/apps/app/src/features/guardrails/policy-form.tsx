/** One policy: of the workspace or of a key. */
import { Plural, Trans, useLingui } from "@lingui/react/macro";
import { ApiError, type GuardrailInjection } from "@parlance/api";
import { formatNumber } from "@parlance/i18n";
import { Button, Field, Input, Notice, Textarea, toast } from "@parlance/ui";
import { Checkbox, Choices, Radio } from "@parlance/ui/choice";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useEffect, useRef, useState, type ReactNode } from "react";
import { ruleName } from "@/features/chat/guardrails";
import { Panel } from "@/features/settings/section";
import { toastError } from "@/lib/errors";
import { deletePolicy, setPolicy, type Policy, type PolicyView } from "./api";
import {
  draftOf,
  isEmpty,
  isSame,
  KINDS,
  placeOf,
  policyOf,
  readTokens,
  type Draft,
  type DraftErrors,
} from "./guardrails.logic";
import { Patterns } from "./patterns";
import { guardrailKeys, policyQuery } from "./queries";
import { TryIt } from "./try-it";

const ConfirmDialog = lazy(() => import("@/lib/confirm-dialog"));

export function PolicyForm({ subject, view }: { subject: string | null; view: PolicyView }) {
  const { t } = useLingui();
  const queries = useQueryClient();
  const form = useRef<HTMLFormElement>(null);
  const saved = draftOf(view.policy);
  const [draft, setDraft] = useState<Draft>(saved);
  const [errors, setErrors] = useState<DraftErrors>({});
  /** How often errors were shown: each time the first wrong control gets the focus. */
  const [shown, setShown] = useState(0);
  const [removing, setRemoving] = useState(false);
  const dirty = !isSame(draft, saved);
  const change = (part: Partial<Draft>, ...places: string[]) => {
    setDraft((known) => ({ ...known, ...part }));
    setErrors((known) =>
      Object.fromEntries(
        Object.entries(known).filter(
          ([place]) =>
            !places.some((changed) => place === changed || place.startsWith(`${changed}.`)),
        ),
      ),
    );
  };
  const show = (found: DraftErrors) => {
    setErrors(found);
    setShown((times) => times + 1);
  };
  useEffect(() => {
    // Once the errors stand in the page.
    if (shown > 0) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [shown]);
  /** Where the server's verdict belongs; true if it has a place here. */
  const place = (error: unknown): boolean => {
    if (!(error instanceof ApiError) || error.errors.length === 0) return false;
    show(Object.fromEntries(error.errors.map(({ field, message }) => [placeOf(field), message])));
    return true;
  };
  const renew = () => queries.invalidateQueries({ queryKey: guardrailKeys.policies });
  const save = useMutation({
    mutationFn: (policy: Policy) => setPolicy(subject, policy),
    onSuccess: (answer) => {
      queries.setQueryData(policyQuery(subject).queryKey, answer);
      setDraft(draftOf(answer.policy));
      setErrors({});
      toast.success(t`Guardrails saved`);
      void renew();
    },
    onError: (error) => {
      if (!place(error)) toastError(error);
    },
  });
  const remove = useMutation({
    mutationFn: () => deletePolicy(subject ?? ""),
    onSuccess: async () => {
      setRemoving(false);
      toast.success(t`Rules removed`);
      await renew();
      const left = await queries.fetchQuery(policyQuery(subject));
      setDraft(draftOf(left.policy));
    },
    onError: toastError,
  });
  const check = (): boolean => {
    const found: DraftErrors = {};
    const wrong = t`A whole number from 1 to 10,000,000, or nothing.`;
    if (readTokens(draft.maxInput) === undefined) found.max_input_tokens = wrong;
    if (readTokens(draft.maxOutput) === undefined) found.max_output_tokens = wrong;
    draft.patterns.forEach(({ name, regex }, index) => {
      if (name.trim() === "") found[`patterns.${index}.name`] = t`Give it a name.`;
      if (regex === "") found[`patterns.${index}.regex`] = t`Say what to look for.`;
    });
    if (Object.keys(found).length > 0) show(found);
    return Object.keys(found).length === 0;
  };
  const modes: { id: GuardrailInjection; label: string; hint: ReactNode }[] = [
    { id: "off", label: t`Don't look`, hint: undefined },
    {
      id: "flag",
      label: t`Flag`,
      hint: <Trans>The message goes on, and the record says so.</Trans>,
    },
    { id: "block", label: t`Block`, hint: <Trans>The message is refused.</Trans> },
  ];
  return (
    <>
      {!isEmpty(view.floor) && <Floor floor={view.floor} forKey={subject !== null} />}
      <Panel>
        <form
          ref={form}
          noValidate
          aria-label={t`Rules`}
          className="divide-y divide-line"
          onSubmit={(event) => {
            event.preventDefault();
            if (!save.isPending && check()) save.mutate(policyOf(draft));
          }}
        >
          <div className="space-y-6 p-5">
            <Choices legend={t`Hide from providers`}>
              {KINDS.map((kind) => (
                <Checkbox
                  key={kind}
                  label={ruleName(kind)}
                  hint={
                    view.floor.redact.includes(kind) ? (
                      <Trans>Hidden anyway.</Trans>
                    ) : kind === "card" ? (
                      <Trans>Only numbers with the right check digit.</Trans>
                    ) : undefined
                  }
                  checked={draft.redact.includes(kind)}
                  onChange={(event) =>
                    change({
                      redact: KINDS.filter((known) =>
                        known === kind ? event.target.checked : draft.redact.includes(known),
                      ),
                    })
                  }
                />
              ))}
            </Choices>
            <Patterns
              patterns={draft.patterns}
              errors={errors}
              onChange={(patterns) => change({ patterns }, "patterns")}
            />
            <Checkbox
              label={t`Show hidden data again in answers`}
              hint={
                <Trans>
                  Placeholders such as [EMAIL_1] go out; where the model repeats one, its reader
                  sees the data.
                </Trans>
              }
              checked={draft.restore}
              onChange={(event) => change({ restore: event.target.checked })}
            />
          </div>
          <div className="p-5">
            <Field
              label={t`Blocked terms`}
              error={errors.blocked_terms}
              hint={
                <Trans>
                  One word or phrase on each line. A message with one of them is refused, in upper
                  or lower case.
                </Trans>
              }
            >
              {(control) => (
                <Textarea
                  {...control}
                  rows={4}
                  value={draft.terms}
                  placeholder={t`Project Falcon`}
                  onChange={(event) => change({ terms: event.target.value }, "blocked_terms")}
                />
              )}
            </Field>
          </div>
          <div className="p-5">
            <Choices legend={t`Attempts to take over the model`}>
              <p className="max-w-prose text-[0.8125rem] text-subtle">
                <Trans>
                  Known phrases and hidden letters are looked for, in English and Vietnamese. Other
                  wordings pass, and honest texts may be caught: don't rely on it alone.
                </Trans>
              </p>
              {modes.map(({ id, label, hint }) => (
                <Radio
                  key={id}
                  name="injection"
                  label={label}
                  hint={hint}
                  checked={draft.injection === id}
                  onChange={() => change({ injection: id })}
                />
              ))}
            </Choices>
          </div>
          <div className="grid gap-x-4 gap-y-5 p-5 sm:grid-cols-2">
            <Field
              label={t`Most tokens of input`}
              error={errors.max_input_tokens}
              hint={<Trans>In the chat, the oldest messages are left out first.</Trans>}
            >
              {(control) => (
                <Input
                  {...control}
                  inputMode="numeric"
                  autoComplete="off"
                  value={draft.maxInput}
                  placeholder={t`No limit`}
                  onChange={(event) => change({ maxInput: event.target.value }, "max_input_tokens")}
                />
              )}
            </Field>
            <Field
              label={t`Most tokens of an answer`}
              error={errors.max_output_tokens}
              hint={<Trans>Longer answers are asked to end there.</Trans>}
            >
              {(control) => (
                <Input
                  {...control}
                  inputMode="numeric"
                  autoComplete="off"
                  value={draft.maxOutput}
                  placeholder={t`No limit`}
                  onChange={(event) =>
                    change({ maxOutput: event.target.value }, "max_output_tokens")
                  }
                />
              )}
            </Field>
          </div>
          <div className="flex flex-wrap items-center gap-2 bg-canvas px-5 py-3">
            <Button type="submit" variant="primary" pending={save.isPending} disabled={!dirty}>
              <Trans>Save</Trans>
            </Button>
            {dirty && (
              <Button
                onClick={() => {
                  setDraft(saved);
                  setErrors({});
                }}
              >
                <Trans>Discard changes</Trans>
              </Button>
            )}
            {subject !== null && view.updated_at !== null && (
              <Button variant="ghost" className="ms-auto" onClick={() => setRemoving(true)}>
                <Trans>Remove the key's rules</Trans>
              </Button>
            )}
          </div>
        </form>
      </Panel>
      <TryIt subject={subject} policy={() => (check() ? policyOf(draft) : null)} place={place} />
      <Suspense fallback={null}>
        {removing && (
          <ConfirmDialog
            title={t`Remove the key's rules?`}
            confirmLabel={t`Remove`}
            pending={remove.isPending}
            onConfirm={() => remove.mutate()}
            onClose={() => setRemoving(false)}
          >
            <Trans>The workspace's rules hold for it, as for every key.</Trans>
          </ConfirmDialog>
        )}
      </Suspense>
    </>
  );
}

/** What holds whatever is set here. */
function Floor({ floor, forKey }: { floor: Policy; forKey: boolean }) {
  const { t } = useLingui();
  const hidden = [...floor.redact, ...floor.patterns.map(({ name }) => name)].map(ruleName);
  const list = hidden.join(", ");
  const terms = floor.blocked_terms.length;
  const input = formatNumber(floor.max_input_tokens ?? 0);
  const output = formatNumber(floor.max_output_tokens ?? 0);
  return (
    <Notice
      className="mb-4"
      title={
        forKey
          ? t`Holds for every key already`
          : t`Set by the operator of this installation, for every workspace`
      }
    >
      <ul className="mt-1 list-disc ps-5">
        {hidden.length > 0 && (
          <li>
            <Trans>Hidden from providers: {list}</Trans>
          </li>
        )}
        {terms > 0 && (
          <li>
            <Plural value={terms} one="# blocked term" other="# blocked terms" />
          </li>
        )}
        {!floor.restore && (
          <li>
            <Trans>Answers don't show hidden data again</Trans>
          </li>
        )}
        {floor.injection === "flag" && (
          <li>
            <Trans>Attempts to take over the model are flagged</Trans>
          </li>
        )}
        {floor.injection === "block" && (
          <li>
            <Trans>Attempts to take over the model are blocked</Trans>
          </li>
        )}
        {floor.max_input_tokens !== null && (
          <li>
            <Trans>At most {input} tokens of input</Trans>
          </li>
        )}
        {floor.max_output_tokens !== null && (
          <li>
            <Trans>At most {output} tokens of an answer</Trans>
          </li>
        )}
      </ul>
    </Notice>
  );
}
