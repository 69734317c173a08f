import { useLingui } from "@lingui/react/macro";
import { cn } from "@parlance/ui";
import { Boxes, ChevronDown } from "lucide-react";
import { lazy, Suspense, useMemo, useRef, useState } from "react";
import { useCommands } from "@/features/commands/registry";
import { showKeys, useShortcuts } from "@/features/shortcuts/shortcuts";
import { shortModelId } from "./models.logic";
import type { Model } from "./queries";

const KEYS = "mod+shift+m";
const load = () => import("./model-picker");
const ModelPicker = lazy(load);

/** Shows the chosen model; opens the picker, whose code comes with the first sign of interest. */
export function ModelButton({
  modelId,
  model,
  onSelect,
  className,
}: {
  /** What the conversation is set to, also when the catalogue does not know it any more. */
  modelId: string | null;
  model: Model | undefined;
  onSelect: (model: Model) => void;
  className?: string;
}) {
  const { t } = useLingui();
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const commands = useMemo(
    () => [
      {
        id: "chat.model",
        label: t`Choose a model`,
        group: t`Chat`,
        icon: <Boxes size={16} />,
        keys: showKeys(KEYS),
        run: () => setOpen(true),
      },
    ],
    [t],
  );
  useCommands(commands);
  useShortcuts([
    { keys: KEYS, label: t`Choose a model`, group: t`Chat`, run: () => setOpen(true) },
  ]);
  const name = model?.name ?? (modelId === null ? t`Choose a model` : shortModelId(modelId));
  return (
    <>
      <button
        ref={button}
        type="button"
        aria-haspopup="dialog"
        aria-expanded={open}
        aria-label={t`Model: ${name}`}
        onPointerEnter={() => void load()}
        onFocus={() => void load()}
        onClick={() => setOpen(!open)}
        className={cn(
          "flex h-8 min-w-0 items-center gap-1 rounded-md px-2 text-[0.8125rem] text-muted transition-colors hover:bg-hover hover:text-fg aria-expanded:bg-active aria-expanded:text-fg touch:h-11",
          className,
        )}
      >
        <span className="truncate">{name}</span>
        <ChevronDown size={14} aria-hidden className="shrink-0" />
      </button>
      {open && (
        <Suspense fallback={null}>
          <ModelPicker
            anchor={button}
            selected={model?.id ?? modelId}
            onClose={() => setOpen(false)}
            onSelect={(chosen) => {
              setOpen(false);
              onSelect(chosen);
            }}
          />
        </Suspense>
      )}
    </>
  );
}
