import { useLingui } from "@lingui/react/macro";
import { IconButton } from "@parlance/ui";
import { SlidersHorizontal } from "lucide-react";
import { lazy, Suspense, useRef, useState } from "react";
import type { Model } from "@/features/models/queries";
import { changedSettings, type ChatSettings } from "../settings";

const load = () => import("./settings-popover");
const SettingsPopover = lazy(load);

export function SettingsButton({
  settings,
  model,
  onChange,
}: {
  settings: ChatSettings;
  model: Model | undefined;
  onChange: (settings: Pick<ChatSettings, "system_prompt" | "parameters">) => void;
}) {
  const { t } = useLingui();
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const changed = changedSettings(settings);
  return (
    <>
      <IconButton
        ref={button}
        label={changed > 0 ? t`Chat settings, ${changed} changed` : t`Chat settings`}
        aria-haspopup="dialog"
        aria-expanded={open}
        onPointerEnter={() => void load()}
        onFocus={() => void load()}
        onClick={() => setOpen(!open)}
        className="relative size-8! aria-expanded:bg-active touch:size-11!"
      >
        <SlidersHorizontal size={16} aria-hidden />
        {changed > 0 && (
          <span aria-hidden className="absolute end-1 top-1 size-1.5 rounded-full bg-accent" />
        )}
      </IconButton>
      {open && (
        <Suspense fallback={null}>
          <SettingsPopover
            anchor={button}
            settings={settings}
            model={model}
            onChange={onChange}
            onClose={() => setOpen(false)}
          />
        </Suspense>
      )}
    </>
  );
}
