/** System prompt and parameters of one conversation. Kept when the panel closes. */
import { Trans, useLingui } from "@lingui/react/macro";
import { formatNumber } from "@parlance/i18n";
import { Button, Field, Input, NativeSelect, Textarea } from "@parlance/ui";
import { Popover } from "@parlance/ui/popover";
import { useId, useState, type RefObject } from "react";
import type { Model } from "@/features/models/queries";
import type { ChatSettings } from "../settings";

type Values = Pick<ChatSettings, "system_prompt" | "parameters">;

export default function SettingsPopover({
  anchor,
  settings,
  model,
  onChange,
  onClose,
}: {
  anchor: RefObject<HTMLElement | null>;
  settings: ChatSettings;
  model: Model | undefined;
  onChange: (values: Values) => void;
  onClose: () => void;
}) {
  const { t } = useLingui();
  const [prompt, setPrompt] = useState(settings.system_prompt ?? "");
  const [temperature, setTemperature] = useState(settings.parameters.temperature ?? undefined);
  const [tokens, setTokens] = useState(String(settings.parameters.max_output_tokens ?? ""));
  const [effort, setEffort] = useState(settings.parameters.reasoning_effort ?? "");
  const temperatureId = useId();
  const limit = model?.max_output_tokens ?? null;
  const count = tokens.trim() === "" ? undefined : Number(tokens);
  const tokensWrong =
    count !== undefined &&
    (!Number.isInteger(count) || count < 1 || (limit !== null && count > limit));
  const efforts = model?.reasoning_efforts ?? [];

  const close = () => {
    const values: Values = {
      system_prompt: prompt.trim() === "" ? null : prompt.trim(),
      parameters: {
        ...(temperature === undefined ? {} : { temperature }),
        ...(count === undefined || tokensWrong ? {} : { max_output_tokens: count }),
        ...(effort === "" ? {} : { reasoning_effort: effort }),
      },
    };
    const before: Values = {
      system_prompt: settings.system_prompt,
      parameters: settings.parameters,
    };
    if (!same(before, values)) onChange(values);
    onClose();
  };

  return (
    <Popover
      open
      onOpenChange={(open) => !open && close()}
      anchor={anchor}
      label={t`Chat settings`}
      side="top"
      className="w-[min(22rem,calc(100vw-1rem))]"
    >
      <div className="space-y-4">
        <Field
          label={t`System prompt`}
          hint={t`Instructions that the model follows in this conversation.`}
        >
          {(control) => (
            <Textarea
              {...control}
              rows={4}
              value={prompt}
              maxLength={32_000}
              placeholder={t`You are a patient teacher of mathematics…`}
              onChange={(event) => setPrompt(event.target.value)}
              className="max-h-60 text-sm"
            />
          )}
        </Field>
        <div>
          <div className="mb-1.5 flex items-baseline justify-between text-sm">
            <label htmlFor={temperatureId} className="font-medium">
              <Trans>Temperature</Trans>
            </label>
            <span className="text-subtle tabular-nums">
              {temperature === undefined ? t`model's default` : formatNumber(temperature)}
            </span>
          </div>
          <input
            id={temperatureId}
            type="range"
            min={0}
            max={2}
            step={0.1}
            value={temperature ?? 1}
            aria-valuetext={temperature === undefined ? t`model's default` : undefined}
            onChange={(event) => setTemperature(event.target.valueAsNumber)}
            className="h-6 w-full accent-accent touch:h-11"
          />
          <div className="flex justify-between text-xs text-subtle" aria-hidden>
            <span>
              <Trans>Precise</Trans>
            </span>
            <span>
              <Trans>Varied</Trans>
            </span>
          </div>
        </div>
        {efforts.length > 0 && (
          <Field label={t`Reasoning effort`}>
            {(control) => (
              <NativeSelect
                {...control}
                value={effort}
                onChange={(event) => setEffort(event.target.value)}
              >
                <option value="">{t`Model's default`}</option>
                {efforts.map((name) => (
                  <option key={name} value={name}>
                    {effortName(name, t)}
                  </option>
                ))}
              </NativeSelect>
            )}
          </Field>
        )}
        <Field
          label={t`Longest answer, in tokens`}
          error={
            tokensWrong
              ? limit === null
                ? t`A whole number from 1 up.`
                : t`A whole number from 1 to ${formatNumber(limit)}.`
              : undefined
          }
        >
          {(control) => (
            <Input
              {...control}
              inputMode="numeric"
              value={tokens}
              placeholder={limit === null ? t`Model's default` : t`up to ${formatNumber(limit)}`}
              onChange={(event) => setTokens(event.target.value)}
            />
          )}
        </Field>
        <div className="flex justify-between gap-2 border-t border-line pt-3">
          <Button
            size="sm"
            variant="ghost"
            onClick={() => {
              setPrompt("");
              setTemperature(undefined);
              setTokens("");
              setEffort("");
            }}
          >
            <Trans>Reset</Trans>
          </Button>
          <Button size="sm" variant="primary" onClick={close}>
            <Trans>Done</Trans>
          </Button>
        </div>
      </div>
    </Popover>
  );
}

function same(one: Values, other: Values): boolean {
  const text = ({ system_prompt, parameters: p }: Values) =>
    JSON.stringify([system_prompt, p.temperature, p.max_output_tokens, p.reasoning_effort]);
  return text(one) === text(other);
}

function effortName(name: string, t: ReturnType<typeof useLingui>["t"]): string {
  const names: Record<string, string> = {
    none: t`None`,
    minimal: t`Minimal`,
    low: t`Low`,
    medium: t`Medium`,
    high: t`High`,
    xhigh: t`Very high`,
    max: t`Highest`,
  };
  return names[name] ?? name;
}
