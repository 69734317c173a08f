import { Trans, useLingui } from "@lingui/react/macro";
import { formatDuration } from "@parlance/i18n";
import { cn } from "@parlance/ui";
import { ChevronRight } from "lucide-react";
import { useId, useState } from "react";
import { Answer } from "../markdown/answer";

/** What the model thought before answering: folded away, with how long it took if this tab saw it. */
export function Reasoning({
  text,
  thinking,
  duration,
}: {
  text: string;
  thinking: boolean;
  /** Milliseconds. */
  duration: number | undefined;
}) {
  const { t } = useLingui();
  const [open, setOpen] = useState(false);
  const id = useId();
  const time = duration === undefined ? "" : formatDuration(duration);
  return (
    <div className="mb-3">
      <button
        type="button"
        aria-expanded={open}
        aria-controls={id}
        onClick={() => setOpen(!open)}
        className="-ms-1.5 flex min-h-8 items-center gap-1.5 rounded-md px-1.5 text-sm text-muted transition-colors hover:text-fg touch:min-h-11"
      >
        <ChevronRight
          size={15}
          aria-hidden
          className={cn("transition-transform duration-150", open && "rotate-90")}
        />
        <span className={cn(thinking && "animate-breathe")}>
          {thinking ? t`Thinking…` : time ? <Trans>Thought for {time}</Trans> : t`Thought process`}
        </span>
      </button>
      {open && (
        <div id={id} className="mt-1 border-s-2 border-line ps-4 text-muted [&_.markdown]:text-sm">
          <Answer text={text} streaming={thinking} />
        </div>
      )}
    </div>
  );
}
