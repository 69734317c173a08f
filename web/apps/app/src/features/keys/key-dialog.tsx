/** Making a key, or changing one. */
import { Trans, useLingui } from "@lingui/react/macro";
import {
  createKey,
  updateKey,
  type ApiKeyInfo,
  type Budget,
  type KeyScope,
  type NewKey,
} from "@parlance/api";
import { Button, Field, Input, NativeSelect, Textarea } from "@parlance/ui";
import { Checkbox, Choices, Radio } from "@parlance/ui/choice";
import { Dialog } from "@parlance/ui/dialog";
import { ChevronRight } from "lucide-react";
import { useState } from "react";
import { usePermission } from "@/features/session/use-session";
import { applyServerErrors } from "@/lib/forms";
import { toastError } from "@/lib/errors";
import { useForm, type Form } from "@/lib/use-form";
import {
  bodyOf,
  EMPTY_FORM,
  formOf,
  lines,
  localDay,
  toggleLine,
  type KeyForm,
} from "./keys.logic";
import { ModelChecklist } from "./model-checklist";
import { saveCap } from "./save-cap";
import { keySchema } from "./schema";

export default function KeyDialog({
  apiKey,
  cap,
  onCreated,
  onChanged,
  onClose,
}: {
  /** Absent: a new one. */
  apiKey?: ApiKeyInfo;
  cap?: Budget;
  /** `form` for the spend cap, which is set after the key is made. */
  onCreated: (made: NewKey, form: KeyForm) => void;
  onChanged: () => void;
  onClose: () => void;
}) {
  const { t } = useLingui();
  const capsSpending = usePermission("budgets.manage");
  const [now] = useState(() => Date.now());
  const initial: KeyForm = {
    ...(apiKey ? formOf(apiKey) : EMPTY_FORM),
    ...(cap ? { cap: cap.limit_usd, cap_period: cap.period } : {}),
  };
  const form: Form<KeyForm> = useForm<KeyForm>({
    schema: keySchema,
    initial,
    onSubmit: async (values) => {
      try {
        if (apiKey) {
          const body = bodyOf(values, now, apiKey);
          const changed = await updateKey({ path: { id: apiKey.id }, body });
          if (capsSpending) await saveCap(changed, values, cap).catch(toastError);
          onChanged();
        } else {
          const body = bodyOf(values, now);
          onCreated(await createKey({ body }), values);
        }
      } catch (error) {
        applyServerErrors(error, form);
      }
    },
  });
  const { values, errors } = form;
  const restricted = [
    values.requests_per_minute,
    values.tokens_per_minute,
    values.allowed_ips,
    values.cap,
  ].some((text) => text !== "");
  const limitErrors =
    errors.requests_per_minute ?? errors.tokens_per_minute ?? errors.allowed_ips ?? errors.cap;
  const [limitsOpen, setLimitsOpen] = useState(restricted);
  const scopes: { id: KeyScope; label: string; hint: string }[] = [
    {
      id: "inference",
      label: t`Models`,
      hint: t`Ask models through the OpenAI and Anthropic compatible APIs under /v1. This costs.`,
    },
    {
      id: "read",
      label: t`Read`,
      hint: t`Read conversations, usage and settings under /api/v1, as far as your role goes.`,
    },
    {
      id: "write",
      label: t`Write`,
      hint: t`Change them as well, as far as your role goes.`,
    },
  ];

  return (
    <Dialog
      open
      strict
      onOpenChange={(open) => !open && onClose()}
      title={apiKey ? t`Edit API key` : t`New API key`}
      closeLabel={t`Close`}
      className="max-w-xl!"
      footer={
        <>
          <Button onClick={onClose}>{t`Cancel`}</Button>
          <Button type="submit" form="api-key" variant="primary" pending={form.pending}>
            {apiKey ? t`Save` : t`Create key`}
          </Button>
        </>
      }
    >
      <form id="api-key" {...form.props} className="space-y-6">
        <Field
          label={t`Name`}
          error={errors.name}
          hint={t`What it is for, so that you know it later.`}
        >
          {(control) => (
            <Input
              {...control}
              {...form.field("name")}
              autoComplete="off"
              placeholder={t`Build server`}
            />
          )}
        </Field>
        <Choices legend={t`What it may do`} error={errors.scopes}>
          {scopes.map(({ id, label, hint }) => (
            <Checkbox
              key={id}
              label={label}
              hint={hint}
              checked={lines(values.scopes).includes(id)}
              onChange={(event) =>
                form.set("scopes", toggleLine(values.scopes, id, event.target.checked))
              }
            />
          ))}
        </Choices>
        {lines(values.scopes).includes("inference") && (
          <div>
            <Choices legend={t`Which models`}>
              <Radio
                name="models_mode"
                label={t`All, also those that are added later`}
                checked={values.models_mode === "all"}
                onChange={() => form.set("models_mode", "all")}
              />
              <Radio
                name="models_mode"
                label={t`Only some`}
                checked={values.models_mode === "some"}
                onChange={() => form.set("models_mode", "some")}
              />
            </Choices>
            {values.models_mode === "some" && (
              <ModelChecklist
                selected={lines(values.models)}
                error={errors.models}
                onToggle={(id, on) => form.set("models", toggleLine(values.models, id, on))}
              />
            )}
          </div>
        )}
        <div className="grid gap-x-4 gap-y-5 sm:grid-cols-2">
          <Field
            label={t`Ends`}
            hint={
              values.expiry === "none"
                ? t`A key without an end works until somebody revokes it.`
                : undefined
            }
          >
            {(control) => (
              <NativeSelect
                {...control}
                value={values.expiry}
                onChange={(event) => form.set("expiry", event.target.value)}
              >
                {!apiKey && (
                  <>
                    <option value="30">{t`In 30 days`}</option>
                    <option value="90">{t`In 90 days`}</option>
                    <option value="365">{t`In a year`}</option>
                  </>
                )}
                <option value="custom">{t`On a day`}</option>
                <option value="none">{t`Never`}</option>
              </NativeSelect>
            )}
          </Field>
          {values.expiry === "custom" && (
            <Field label={t`Last day`} error={errors.expires_at}>
              {(control) => (
                <Input
                  {...control}
                  {...form.field("expires_at")}
                  type="date"
                  min={localDay(new Date(now))}
                />
              )}
            </Field>
          )}
        </div>
        <details
          open={limitsOpen || limitErrors !== undefined}
          onToggle={(event) => setLimitsOpen(event.currentTarget.open)}
          className="group rounded-md border border-line-strong"
        >
          <summary className="flex h-11 list-none items-center gap-2 rounded-md px-3 text-sm font-medium hover:bg-hover [&::-webkit-details-marker]:hidden">
            <ChevronRight
              size={16}
              aria-hidden
              className="text-muted transition-transform group-open:rotate-90"
            />
            <span className="flex-1">
              <Trans>Limits</Trans>
            </span>
            <span className="font-normal text-subtle">
              {restricted ? <Trans>set</Trans> : <Trans>none</Trans>}
            </span>
          </summary>
          <div className="space-y-5 px-3 pt-2 pb-4">
            <div className="grid gap-x-4 gap-y-5 sm:grid-cols-2">
              <Field label={t`Requests per minute`} error={errors.requests_per_minute}>
                {(control) => (
                  <Input
                    {...control}
                    {...form.field("requests_per_minute")}
                    inputMode="numeric"
                    autoComplete="off"
                    placeholder={t`No limit of its own`}
                  />
                )}
              </Field>
              <Field label={t`Tokens per minute`} error={errors.tokens_per_minute}>
                {(control) => (
                  <Input
                    {...control}
                    {...form.field("tokens_per_minute")}
                    inputMode="numeric"
                    autoComplete="off"
                    placeholder={t`No limit`}
                  />
                )}
              </Field>
              {capsSpending && (
                <>
                  <Field
                    label={t`Spend cap`}
                    error={errors.cap}
                    hint={t`In dollars. Calls stop before it is passed.`}
                  >
                    {(control) => (
                      <Input
                        {...control}
                        {...form.field("cap")}
                        inputMode="decimal"
                        autoComplete="off"
                        placeholder={t`No cap`}
                      />
                    )}
                  </Field>
                  <Field label={t`The cap is for`}>
                    {(control) => (
                      <NativeSelect
                        {...control}
                        value={values.cap_period}
                        onChange={(event) => form.set("cap_period", event.target.value)}
                      >
                        <option value="day">{t`each day`}</option>
                        <option value="month">{t`each month`}</option>
                        <option value="total">{t`the key's whole life`}</option>
                      </NativeSelect>
                    )}
                  </Field>
                </>
              )}
            </div>
            <Field
              label={t`Addresses it may come from`}
              error={errors.allowed_ips}
              hint={t`One address or network per line. Empty: from anywhere.`}
            >
              {(control) => (
                <Textarea
                  {...control}
                  {...form.field("allowed_ips")}
                  rows={3}
                  spellCheck={false}
                  placeholder={"203.0.113.7\n10.0.0.0/8"}
                  className="font-mono text-[0.8125rem]"
                />
              )}
            </Field>
          </div>
        </details>
      </form>
    </Dialog>
  );
}
