/** Where a message is written: grows with it, takes images, queues while an answer is written. */
import { Trans, useLingui } from "@lingui/react/macro";
import type { FilePart } from "@parlance/chat-core";
import { cn, IconButton, toast } from "@parlance/ui";
import { ArrowUp, ImagePlus, Square, X } from "lucide-react";
import {
  useEffect,
  useImperativeHandle,
  useLayoutEffect,
  useRef,
  useState,
  type ReactNode,
  type Ref,
} from "react";
import { useShortcuts } from "@/features/shortcuts/shortcuts";
import { useAttachments } from "../attachments";
import {
  acceptFiles,
  composerAction,
  editsLastOn,
  fitHeight,
  IMAGE_TYPES,
  MAX_IMAGES,
  submitsOn,
} from "../composer.logic";
import { readDraft, writeDraft } from "../drafts";
import { AttachmentStrip } from "./attachment-strip";

const MAX_HEIGHT = 280;
const MAX_CHARACTERS = 200_000;

export interface ComposerHandle {
  focus: () => void;
  /** After an overlay that is closing has given the focus back to its button. */
  focusSoon: () => void;
  /** Puts a text in, e.g. a suggestion or one that was refused. */
  fill: (text: string) => void;
}

export interface ComposerProps {
  conversationId: string | undefined;
  running: boolean;
  stopping: boolean;
  /** Whether the chosen model reads images; undefined while that is unknown. */
  vision: boolean | undefined;
  /** Rejecting gives the text back. */
  onSend: (text: string, files: FilePart[]) => Promise<void>;
  onStop?: () => void;
  onEditLast?: () => void;
  /** Buttons beside the paper clip. */
  children: ReactNode;
  ref?: Ref<ComposerHandle>;
}

export function Composer({
  conversationId,
  running,
  stopping,
  vision,
  onSend,
  onStop,
  onEditLast,
  children,
  ref,
}: ComposerProps) {
  const { t } = useLingui();
  const [text, setText] = useState(() => readDraft(conversationId));
  const [queued, setQueued] = useState(false);
  const attachments = useAttachments();
  const area = useRef<HTMLTextAreaElement>(null);
  const picker = useRef<HTMLInputElement>(null);
  const action = composerAction({ text, attachments: attachments.list, running });

  const change = (value: string) => {
    setText(value);
    writeDraft(conversationId, value);
    if (value.trim() === "" && attachments.list.length === 0) setQueued(false);
  };
  useLayoutEffect(() => {
    if (area.current) fitHeight(area.current, MAX_HEIGHT);
  }, [text]);
  useImperativeHandle(ref, () => ({
    focus: () => area.current?.focus({ preventScroll: true }),
    focusSoon: () => setTimeout(() => area.current?.focus({ preventScroll: true }), 60),
    fill: (value) => {
      change(value);
      area.current?.focus({ preventScroll: true });
    },
  }));
  useShortcuts([
    {
      keys: "shift+escape",
      label: t`Write a message`,
      group: t`Chat`,
      run: () => area.current?.focus(),
    },
    { keys: "enter", label: t`Send`, group: t`Chat` },
    { keys: "shift+enter", label: t`New line`, group: t`Chat` },
    {
      keys: "arrowup",
      label: t`Edit the last message (when nothing is written)`,
      group: t`Chat`,
    },
  ]);
  useEffect(() => {
    // On touch screens the keyboard would cover what the person came to read.
    if (matchMedia("(pointer: fine)").matches) area.current?.focus({ preventScroll: true });
  }, [conversationId]);

  const send = () => {
    const message = text.trim();
    const files = attachments.take();
    change("");
    setQueued(false);
    onSend(message, files).catch(() => {
      // The files stay with the server; the text is the person's work.
      if (area.current?.value === "") change(message);
    });
  };
  const submit = () => {
    if (action === "send") send();
    else if (action === "queue") setQueued(true);
  };
  const ready = queued && action === "send";
  useEffect(() => {
    // The answer or the uploads have just been completed: what was queued goes out.
    if (ready) send(); // oxlint-disable-line react/set-state-in-effect
  }, [ready]); // oxlint-disable-line react/exhaustive-deps

  const add = (files: readonly File[]) => {
    if (files.length === 0) return;
    const { accepted, refused } = acceptFiles(files, attachments.list.length);
    if (accepted.length > 0) attachments.add(accepted);
    for (const { file, reason } of refused.slice(0, 3)) {
      const name = file.name;
      toast.error(
        {
          type: t`${name} is not a PNG, JPEG, WebP or GIF image.`,
          size: t`${name} is larger than 10 MB.`,
          count: t`A message can carry ${MAX_IMAGES} images.`,
        }[reason],
        { id: `refused-${reason}` },
      );
    }
  };
  const dragging = useFileDrop(add);

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
      className={cn(
        "relative rounded-2xl border border-line-strong bg-surface shadow-md transition-[border-color] focus-within:border-control",
        dragging && "border-accent",
      )}
    >
      {dragging && (
        <div className="pointer-events-none absolute inset-0 z-10 grid place-items-center rounded-2xl bg-accent-soft text-sm font-medium text-accent">
          <Trans>Drop images to attach them</Trans>
        </div>
      )}
      <AttachmentStrip
        list={attachments.list}
        onRetry={attachments.retry}
        onRemove={attachments.remove}
      />
      {vision === false && attachments.list.length > 0 && (
        <p role="status" className="px-4 pt-2.5 text-[0.8125rem] text-warning">
          <Trans>This model can't see images. Choose one that can.</Trans>
        </p>
      )}
      <textarea
        ref={area}
        value={text}
        rows={1}
        maxLength={MAX_CHARACTERS}
        aria-label={t`Message`}
        placeholder={t`Ask anything`}
        enterKeyHint="send"
        onChange={(event) => change(event.target.value)}
        onKeyDown={(event) => {
          if (submitsOn(event.nativeEvent)) {
            event.preventDefault();
            submit();
          } else if (editsLastOn(event.nativeEvent, text)) {
            event.preventDefault();
            onEditLast?.();
          } else if (event.key === "Escape" && running && !event.nativeEvent.isComposing) {
            event.preventDefault();
            onStop?.();
          }
        }}
        onPaste={(event) => {
          const files = [...event.clipboardData.files];
          if (files.length === 0) return;
          event.preventDefault();
          add(files);
        }}
        className="block w-full resize-none bg-transparent px-4 pt-3.5 pb-1 text-[0.9375rem] leading-[1.6] outline-none touch:text-base"
      />
      {queued && (
        <p
          role="status"
          className="flex items-center gap-1.5 px-4 pb-1 text-[0.8125rem] text-muted"
        >
          <Trans>Will be sent when the answer is complete.</Trans>
          <button
            type="button"
            aria-label={t`Don't send`}
            onClick={() => setQueued(false)}
            className="grid size-6 place-items-center rounded-md hover:bg-hover hover:text-fg"
          >
            <X size={13} aria-hidden />
          </button>
        </p>
      )}
      <div className="flex items-center gap-1 p-2">
        <input
          ref={picker}
          type="file"
          accept={IMAGE_TYPES.join(",")}
          multiple
          hidden
          aria-label={t`Attach images`}
          onChange={(event) => {
            add([...(event.target.files ?? [])]);
            event.target.value = "";
          }}
        />
        <IconButton
          label={t`Attach images`}
          className="size-8! touch:size-11!"
          onClick={() => picker.current?.click()}
        >
          <ImagePlus size={17} aria-hidden />
        </IconButton>
        {children}
        <span className="flex-1" />
        {running && (
          <IconButton
            label={stopping ? t`Stopping…` : t`Stop`}
            keys="Esc"
            variant="outline"
            disabled={stopping}
            onClick={onStop}
            className="rounded-full!"
          >
            <Square size={13} fill="currentColor" aria-hidden />
          </IconButton>
        )}
        {(!running || action === "queue") && (
          <IconButton
            type="submit"
            label={action === "queue" && running ? t`Send after the answer` : t`Send`}
            keys="↵"
            variant="solid"
            disabled={action === "none" || queued}
            className="rounded-full! disabled:bg-active! disabled:text-subtle! disabled:opacity-100!"
          >
            <ArrowUp size={18} aria-hidden />
          </IconButton>
        )}
      </div>
    </form>
  );
}

/** Whether files are being dragged over the page; hands over those that are dropped on it. */
function useFileDrop(onDrop: (files: File[]) => void): boolean {
  const [dragging, setDragging] = useState(false);
  const latest = useRef(onDrop);
  useEffect(() => {
    latest.current = onDrop;
  });
  useEffect(() => {
    let depth = 0;
    const carriesFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
    const enter = (event: DragEvent) => {
      if (!carriesFiles(event)) return;
      depth += 1;
      setDragging(true);
    };
    const leave = (event: DragEvent) => {
      if (!carriesFiles(event)) return;
      depth = Math.max(0, depth - 1);
      if (depth === 0) setDragging(false);
    };
    const over = (event: DragEvent) => {
      if (carriesFiles(event)) event.preventDefault();
    };
    const drop = (event: DragEvent) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      depth = 0;
      setDragging(false);
      latest.current([...(event.dataTransfer?.files ?? [])]);
    };
    addEventListener("dragenter", enter);
    addEventListener("dragleave", leave);
    addEventListener("dragover", over);
    addEventListener("drop", drop);
    return () => {
      removeEventListener("dragenter", enter);
      removeEventListener("dragleave", leave);
      removeEventListener("dragover", over);
      removeEventListener("drop", drop);
    };
  }, []);
  return dragging;
}
