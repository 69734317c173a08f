/** The catalogue, some 800 models, as a searchable list: a combobox whose options are virtual. */
import { Trans, useLingui } from "@lingui/react/macro";
import { formatCompact } from "@parlance/i18n";
import { Badge, Button, cn, Skeleton } from "@parlance/ui";
import { Popover } from "@parlance/ui/popover";
import { useQuery } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { Brain, Check, Eye, FileText, Search, Wrench } from "lucide-react";
import { useEffect, useId, useMemo, useRef, useState, type RefObject } from "react";
import { missingVariable, modelRows, searchModels, type ModelRow } from "./models.logic";
import { availableModels, everyModel, type Model } from "./queries";

const HEADING = 34;
const ROW = 58;

export default function ModelPicker({
  anchor,
  selected,
  onSelect,
  onClose,
}: {
  anchor: RefObject<HTMLElement | null>;
  selected: string | null;
  onSelect: (model: Model) => void;
  onClose: () => void;
}) {
  const { t } = useLingui();
  const input = useRef<HTMLInputElement>(null);
  return (
    <Popover
      open
      onOpenChange={(open) => !open && onClose()}
      anchor={anchor}
      label={t`Choose a model`}
      side="top"
      initialFocus={input}
      className="w-[min(30rem,calc(100vw-1rem))] overflow-hidden! p-0!"
    >
      <Picker input={input} selected={selected} onSelect={onSelect} />
    </Popover>
  );
}

function Picker({
  input,
  selected,
  onSelect,
}: {
  input: RefObject<HTMLInputElement | null>;
  selected: string | null;
  onSelect: (model: Model) => void;
}) {
  const { t } = useLingui();
  const list = useId();
  const usable = useQuery(availableModels);
  const every = useQuery(everyModel);
  const models = every.data ?? usable.data;
  const [query, setQuery] = useState("");
  const rows = useMemo(() => modelRows(searchModels(models ?? [], query)), [models, query]);
  const selectable = useMemo(
    () => rows.flatMap((row, index) => (row.kind === "model" ? [index] : [])),
    [rows],
  );
  const [wanted, setWanted] = useState<string | null>(selected);
  const current = rows.findIndex((row) => row.kind === "model" && row.model.id === wanted);
  const active = current >= 0 ? current : (selectable[0] ?? -1);
  const scroller = useRef<HTMLDivElement>(null);
  // Its functions are called in render and effects only, never passed on.
  // oxlint-disable-next-line react/incompatible-library
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => (rows[index]?.kind === "heading" ? HEADING : ROW),
    overscan: 6,
  });
  // Sizes are known, so a changed list must not keep the old ones by index.
  useEffect(() => virtual.measure(), [rows, virtual]);

  const everything = every.data !== undefined;
  useEffect(() => {
    if (active >= 0) virtual.scrollToIndex(active, { align: "center" });
    // Once, when the whole list has come: the chosen model in view.
  }, [everything]); // oxlint-disable-line react/exhaustive-deps

  const move = (to: number) => {
    const index = selectable[Math.max(0, Math.min(selectable.length - 1, to))];
    const row = index === undefined ? undefined : rows[index];
    if (row?.kind !== "model" || index === undefined) return;
    setWanted(row.model.id);
    virtual.scrollToIndex(index, { align: "auto" });
  };
  const at = selectable.indexOf(active);
  const choose = (row: ModelRow | undefined) => {
    if (row?.kind === "model" && row.model.available) onSelect(row.model);
  };

  return (
    <>
      <div className="relative border-b border-line">
        <Search
          size={16}
          aria-hidden
          className="absolute start-3.5 top-1/2 -translate-y-1/2 text-subtle"
        />
        <input
          ref={input}
          role="combobox"
          aria-expanded
          aria-controls={list}
          aria-activedescendant={active >= 0 ? `${list}-${active}` : undefined}
          aria-autocomplete="list"
          aria-label={t`Search models`}
          placeholder={t`Search models`}
          value={query}
          onChange={(event) => {
            setQuery(event.target.value);
            setWanted(null);
            scroller.current?.scrollTo({ top: 0 });
          }}
          onKeyDown={(event) => {
            const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 6, PageUp: -6 }[event.key];
            if (step !== undefined) {
              event.preventDefault();
              move(at + step);
            } else if (event.key === "Enter" && !event.nativeEvent.isComposing) {
              event.preventDefault();
              choose(rows[active]);
            }
          }}
          className="h-12 w-full bg-transparent ps-10 pe-4 text-sm outline-none touch:text-base"
        />
      </div>
      <div
        ref={scroller}
        id={list}
        role="listbox"
        aria-label={t`Models`}
        className="h-[min(24rem,calc(var(--available-height)-3.2rem))] overflow-y-auto overscroll-contain px-1.5"
      >
        {models === undefined ? (
          every.isError ? (
            <div role="presentation" className="px-4 py-8 text-center text-sm text-muted">
              <p>
                <Trans>The models could not be loaded.</Trans>
              </p>
              <Button size="sm" className="mt-3" onClick={() => void every.refetch()}>
                <Trans>Try again</Trans>
              </Button>
            </div>
          ) : (
            <div className="space-y-3 p-3">
              {Array.from({ length: 6 }, (_, index) => (
                <Skeleton key={index} className="h-10" />
              ))}
            </div>
          )
        ) : rows.length === 0 ? (
          <p className="px-4 py-8 text-center text-sm text-muted">
            <Trans>No model matches “{query}”.</Trans>
          </p>
        ) : (
          <div role="presentation" className="relative" style={{ height: virtual.getTotalSize() }}>
            {virtual.getVirtualItems().map(({ index, start, size }) => {
              const row = rows[index];
              if (!row) return null;
              const style = { transform: `translateY(${start}px)`, height: size };
              return row.kind === "heading" ? (
                <div
                  key={`h-${index}`}
                  role="presentation"
                  style={style}
                  className="absolute inset-x-0 flex items-end px-2.5 pb-1.5 text-xs font-medium text-subtle"
                >
                  {row.provider.name}
                  {!row.available && (
                    <span className="ms-1.5 font-normal">
                      · <Trans>not set up</Trans>
                    </span>
                  )}
                </div>
              ) : (
                <Option
                  key={row.model.id}
                  id={`${list}-${index}`}
                  model={row.model}
                  position={row.position}
                  total={selectable.length}
                  active={index === active}
                  selected={row.model.id === selected}
                  style={style}
                  onPoint={() => setWanted(row.model.id)}
                  onChoose={() => choose(row)}
                />
              );
            })}
          </div>
        )}
      </div>
    </>
  );
}

function Option({
  id,
  model,
  position,
  total,
  active,
  selected,
  style,
  onPoint,
  onChoose,
}: {
  id: string;
  model: Model;
  position: number;
  total: number;
  active: boolean;
  selected: boolean;
  style: React.CSSProperties;
  onPoint: () => void;
  onChoose: () => void;
}) {
  const { t } = useLingui();
  const variable = missingVariable(model.unavailable_reason);
  const reason = model.available
    ? null
    : variable
      ? t`Set ${variable} on the server to use it`
      : (model.unavailable_reason ?? t`Not available on this server`);
  return (
    // The keyboard is with the combobox above; an option itself is never focused.
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus
    <div
      id={id}
      role="option"
      aria-selected={selected}
      aria-disabled={!model.available}
      aria-setsize={total}
      aria-posinset={position}
      style={style}
      onPointerMove={active ? undefined : onPoint}
      onClick={onChoose}
      className={cn(
        "absolute inset-x-0 flex items-center gap-3 rounded-md px-2.5",
        active && "bg-hover",
        model.available ? "cursor-pointer" : "cursor-not-allowed",
      )}
    >
      <span className="min-w-0 flex-1">
        <span className="flex items-center gap-2">
          <span className={cn("truncate text-sm font-medium", !model.available && "text-muted")}>
            {model.name}
          </span>
          <Abilities model={model} />
          {model.default && <Badge tone="accent">{t`default`}</Badge>}
          {model.retires_on !== null && (
            <Badge tone="warning">{t`retires ${model.retires_on}`}</Badge>
          )}
        </span>
        <span className="block truncate text-xs text-subtle">{reason ?? model.id}</span>
      </span>
      <span className="shrink-0 text-end text-xs text-muted tabular-nums">
        <Price model={model} />
        {model.context_window !== null && (
          <span
            className="block text-subtle"
            title={t`Context: how much it can read at once, in tokens`}
          >
            {t`${formatCompact(model.context_window)} context`}
          </span>
        )}
      </span>
      <Check
        size={16}
        aria-hidden
        className={cn("shrink-0 text-accent", !selected && "invisible")}
      />
    </div>
  );
}

/** "$1.25 / $10": input and output, per million tokens. */
function Price({ model }: { model: Model }) {
  const { t } = useLingui();
  if (!model.prices) return <span className="block text-subtle">{t`no price known`}</span>;
  const input = dollars(model.prices.input_per_million_usd);
  const output = dollars(model.prices.output_per_million_usd);
  if (
    Number(model.prices.input_per_million_usd) === 0 &&
    Number(model.prices.output_per_million_usd) === 0
  ) {
    return <span className="block">{t`free`}</span>;
  }
  return (
    <span className="block" title={t`Per million tokens: ${input} in, ${output} out`}>
      {input} / {output}
    </span>
  );
}

/** Prices keep the digits they have, two at least when there are any: "10.000" → "$10", "0.4" → "$0.40". */
function dollars(amount: string): string {
  const [whole = "0", fraction = ""] = amount.split(".");
  const digits = fraction.replace(/0+$/, "");
  return digits === "" ? `$${whole}` : `$${whole}.${digits.padEnd(2, "0")}`;
}

function Abilities({ model }: { model: Model }) {
  const { t } = useLingui();
  const { vision, reasoning, tools, pdf } = model.capabilities;
  const icons = [
    vision && { Icon: Eye, name: t`reads images` },
    pdf && { Icon: FileText, name: t`reads PDF` },
    reasoning && { Icon: Brain, name: t`reasons` },
    tools && { Icon: Wrench, name: t`uses tools` },
  ].filter((entry) => entry !== false);
  if (icons.length === 0) return null;
  return (
    <span className="flex shrink-0 items-center gap-1 text-subtle">
      {icons.map(({ Icon, name }) => (
        <span key={name} title={name} role="img" aria-label={name}>
          <Icon size={13} aria-hidden />
        </span>
      ))}
    </span>
  );
}
