/** One target of a route: its model, its part of the calls, and when it may be chosen. */
import { Trans, useLingui } from "@lingui/react/macro";
import { formatPercent } from "@parlance/i18n";
import { cn, Field, IconButton, Input, NativeSelect } from "@parlance/ui";
import { useQuery } from "@tanstack/react-query";
import { ArrowDown, ArrowUp, ChevronDown, ChevronRight, GripVertical, Trash2 } from "lucide-react";
import { lazy, Suspense, useRef, useState } from "react";
import { shortModelId } from "@/features/models/models.logic";
import { availableModels } from "@/features/models/queries";
import { isConditional, type TargetDraft } from "./routing.logic";
import type { Reorder } from "./use-reorder";

const ModelPicker = lazy(() => import("@/features/models/model-picker"));

export interface TargetErrors {
  model?: string;
  weight?: string;
  max_input_tokens?: string;
}

export function TargetEditor({
  target,
  position,
  count,
  weighted,
  share,
  errors,
  reorder,
  onChange,
  onMove,
  onRemove,
}: {
  target: TargetDraft;
  /** From 0. */
  position: number;
  count: number;
  weighted: boolean;
  share: number | null;
  errors: TargetErrors;
  reorder: Reorder;
  onChange: (change: Partial<TargetDraft>) => void;
  onMove: (to: number) => void;
  onRemove: () => void;
}) {
  const { t } = useLingui();
  const number = position + 1;
  const [conditions, setConditions] = useState(() => isConditional(target));
  const handle = reorder.handle(target.id);
  return (
    <li
      ref={reorder.row(target.id)}
      className={cn(
        "rounded-md border bg-surface",
        reorder.dragging === target.id ? "border-accent shadow-md" : "border-line-strong",
      )}
    >
      <div className="flex items-start gap-x-1 gap-y-2 p-2 max-sm:flex-wrap">
        <span
          aria-hidden
          data-handle
          onPointerDown={handle.onPointerDown}
          className={cn(
            "grid h-10 w-6 shrink-0 place-items-center rounded-md text-subtle hover:bg-hover touch:h-11 touch:w-9",
            handle.className,
          )}
        >
          <GripVertical size={16} />
        </span>
        <div className="min-w-0 flex-1">
          <ModelSelect
            value={target.model}
            label={t`Model of target ${number}`}
            error={errors.model}
            onSelect={(model) => onChange({ model })}
          />
        </div>
        {weighted && (
          <div className="w-18 shrink-0">
            <Input
              aria-label={t`Weight of target ${number}`}
              aria-invalid={errors.weight ? true : undefined}
              title={errors.weight}
              inputMode="numeric"
              value={target.weight}
              onChange={(event) => onChange({ weight: event.target.value })}
              className="text-end tabular-nums"
            />
            <p className="mt-1 text-end text-xs text-subtle tabular-nums" aria-hidden>
              {share === null ? "–" : formatPercent(share)}
            </p>
          </div>
        )}
        <div className="flex shrink-0 max-sm:basis-full max-sm:justify-end">
          <IconButton
            label={t`Move target ${number} up`}
            aria-disabled={position === 0}
            className="size-10! aria-disabled:opacity-40"
            onClick={() => onMove(position - 1)}
          >
            <ArrowUp size={16} aria-hidden />
          </IconButton>
          <IconButton
            label={t`Move target ${number} down`}
            aria-disabled={position === count - 1}
            className="size-10! aria-disabled:opacity-40"
            onClick={() => onMove(position + 1)}
          >
            <ArrowDown size={16} aria-hidden />
          </IconButton>
          <IconButton
            label={t`Remove target ${number}`}
            disabled={count === 1}
            className="size-10!"
            onClick={onRemove}
          >
            <Trash2 size={16} aria-hidden />
          </IconButton>
        </div>
      </div>
      {errors.weight && (
        <p role="alert" className="px-3 pb-2 text-[0.8125rem] text-danger">
          {errors.weight}
        </p>
      )}
      <details
        open={conditions || errors.max_input_tokens !== undefined}
        onToggle={(event) => setConditions(event.currentTarget.open)}
        className="group border-t border-line"
      >
        <summary className="flex h-9 list-none items-center gap-1.5 rounded-md px-2.5 text-[0.8125rem] text-muted hover:text-fg touch:h-11 [&::-webkit-details-marker]:hidden">
          <ChevronRight
            size={14}
            aria-hidden
            className="transition-transform group-open:rotate-90"
          />
          {isConditional(target) ? (
            <Trans>For some calls only</Trans>
          ) : (
            <Trans>For every call</Trans>
          )}
        </summary>
        <div className="grid gap-x-4 gap-y-3 px-3 pt-1 pb-3.5 sm:grid-cols-2">
          <Condition
            label={t`Images`}
            value={target.needs_vision}
            names={{ yes: t`Calls with images`, no: t`Calls without images` }}
            onChange={(needs_vision) => onChange({ needs_vision })}
          />
          <Condition
            label={t`Tools`}
            value={target.needs_tools}
            names={{ yes: t`Calls with tools`, no: t`Calls without tools` }}
            onChange={(needs_tools) => onChange({ needs_tools })}
          />
          <Condition
            label={t`Streaming`}
            value={target.stream}
            names={{ yes: t`Streamed calls`, no: t`Calls that are not streamed` }}
            onChange={(stream) => onChange({ stream })}
          />
          <Field
            label={t`Input of at most`}
            hint={t`In tokens. Empty: any size.`}
            error={errors.max_input_tokens}
          >
            {(control) => (
              <Input
                {...control}
                inputMode="numeric"
                autoComplete="off"
                placeholder="8000"
                value={target.max_input_tokens}
                onChange={(event) => onChange({ max_input_tokens: event.target.value })}
              />
            )}
          </Field>
        </div>
      </details>
    </li>
  );
}

function Condition({
  label,
  value,
  names,
  onChange,
}: {
  label: string;
  value: string;
  names: { yes: string; no: string };
  onChange: (value: string) => void;
}) {
  const { t } = useLingui();
  return (
    <Field label={label}>
      {(control) => (
        <NativeSelect {...control} value={value} onChange={(event) => onChange(event.target.value)}>
          <option value="any">{t`With or without`}</option>
          <option value="yes">{names.yes}</option>
          <option value="no">{names.no}</option>
        </NativeSelect>
      )}
    </Field>
  );
}

function ModelSelect({
  value,
  label,
  error,
  onSelect,
}: {
  value: string;
  label: string;
  error?: string;
  onSelect: (id: string) => void;
}) {
  const { t } = useLingui();
  const button = useRef<HTMLButtonElement>(null);
  const [open, setOpen] = useState(false);
  const models = useQuery(availableModels).data;
  const name =
    value === ""
      ? t`Choose a model`
      : (models?.find((model) => model.id === value)?.name ?? shortModelId(value));
  return (
    <>
      <button
        ref={button}
        type="button"
        aria-haspopup="dialog"
        aria-expanded={open}
        aria-label={`${label}: ${name}`}
        aria-describedby={error ? `${label}-error` : undefined}
        data-invalid={error ? true : undefined}
        onClick={() => setOpen(!open)}
        className={cn(
          "flex h-10 w-full items-center gap-2 rounded-md border bg-surface ps-3 pe-2.5 text-start text-sm hover:bg-hover touch:h-11",
          error ? "border-danger" : "border-control",
        )}
      >
        <span className={cn("min-w-0 flex-1 truncate", value === "" && "text-subtle")}>{name}</span>
        <ChevronDown size={15} aria-hidden className="shrink-0 text-muted" />
      </button>
      {error ? (
        <p id={`${label}-error`} role="alert" className="mt-1 text-[0.8125rem] text-danger">
          {error}
        </p>
      ) : (
        value !== "" && <p className="mt-1 truncate text-xs text-subtle">{value}</p>
      )}
      {open && (
        <Suspense fallback={null}>
          <ModelPicker
            anchor={button}
            selected={value === "" ? null : value}
            onClose={() => setOpen(false)}
            onSelect={(chosen) => {
              setOpen(false);
              onSelect(chosen.id);
            }}
          />
        </Suspense>
      )}
    </>
  );
}
