/** Patterns of the workspace's own: rows of a name and a regular expression. */
import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Field, Input } from "@parlance/ui";
import { Plus, Trash2 } from "lucide-react";
import type { DraftErrors, DraftPattern } from "./guardrails.logic";

const MOST = 20;
/** Of Vietnam. A value: braces in a message would be taken for one. */
const IDENTITY_CARD = "\\b[0-9]{12}\\b";

export function Patterns({
  patterns,
  errors,
  onChange,
}: {
  patterns: DraftPattern[];
  errors: DraftErrors;
  onChange: (patterns: DraftPattern[]) => void;
}) {
  const { t } = useLingui();
  const edit = (id: number, part: Partial<DraftPattern>) =>
    onChange(patterns.map((pattern) => (pattern.id === id ? { ...pattern, ...part } : pattern)));
  const add = () =>
    onChange([
      ...patterns,
      { id: Math.max(-1, ...patterns.map(({ id }) => id)) + 1, name: "", regex: "" },
    ]);
  return (
    <fieldset className="min-w-0">
      <legend className="mb-1.5 text-sm font-medium">{t`More to hide`}</legend>
      <p className="mb-3 max-w-prose text-[0.8125rem] text-subtle">
        <Trans>
          Numbers of identity cards, staff or contracts, as regular expressions. A Vietnamese
          identity card is <code className="font-mono">{IDENTITY_CARD}</code>.
        </Trans>
      </p>
      {patterns.length > 0 && (
        <ul className="mb-3 space-y-3">
          {patterns.map(({ id, name, regex }, index) => {
            const shown = name || String(index + 1);
            return (
              <li key={id} className="flex items-start gap-2">
                <div className="grid min-w-0 flex-1 gap-2 sm:grid-cols-[10rem_1fr]">
                  <Field label={t`Name`} error={errors[`patterns.${index}.name`]}>
                    {(control) => (
                      <Input
                        {...control}
                        value={name}
                        autoComplete="off"
                        placeholder="cccd"
                        onChange={(event) => edit(id, { name: event.target.value })}
                      />
                    )}
                  </Field>
                  <Field label={t`Regular expression`} error={errors[`patterns.${index}.regex`]}>
                    {(control) => (
                      <Input
                        {...control}
                        value={regex}
                        autoComplete="off"
                        autoCapitalize="off"
                        spellCheck={false}
                        className="font-mono"
                        placeholder={IDENTITY_CARD}
                        onChange={(event) => edit(id, { regex: event.target.value })}
                      />
                    )}
                  </Field>
                </div>
                <button
                  type="button"
                  aria-label={t`Remove pattern ${shown}`}
                  className="mt-6.5 grid size-10 shrink-0 place-items-center rounded-md text-muted hover:bg-hover hover:text-fg touch:size-11"
                  onClick={() => onChange(patterns.filter((pattern) => pattern.id !== id))}
                >
                  <Trash2 size={16} aria-hidden />
                </button>
              </li>
            );
          })}
        </ul>
      )}
      {errors.patterns && (
        <p role="alert" className="mb-3 text-[0.8125rem] text-danger">
          {errors.patterns}
        </p>
      )}
      <Button size="sm" onClick={add} disabled={patterns.length >= MOST}>
        <Plus size={16} aria-hidden />
        <Trans>Add a pattern</Trans>
      </Button>
    </fieldset>
  );
}
