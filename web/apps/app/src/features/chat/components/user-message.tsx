import { useLingui } from "@lingui/react/macro";
import { textOf, type FilePart, type Message } from "@parlance/chat-core";
import { Button, cn, IconButton, Skeleton } from "@parlance/ui";
import { Pencil } from "lucide-react";
import { lazy, Suspense, useEffect, useRef, useState } from "react";
import { Erased } from "@/features/sharing/erased";
import { isPending } from "../runs";
import { BranchPicker } from "./branch-picker";
import { CopyButton } from "@/lib/copy-button";
import { fitHeight, submitsOn } from "../composer.logic";

const AttachedImage = lazy(() => import("./attached-image"));

export interface UserMessageProps {
  message: Message;
  /** Whoever else wrote it. */
  author: string | undefined;
  readOnly: boolean;
  /** An answer is being written: no branching now. */
  busy: boolean;
  editing: boolean;
  onEdit: (editing: boolean) => void;
  onResend: (text: string, files: FilePart[]) => void;
  onSelectBranch: (id: string) => void;
}

export function UserMessage({
  message,
  author,
  readOnly,
  busy,
  editing,
  onEdit,
  onResend,
  onSelectBranch,
}: UserMessageProps) {
  const { t } = useLingui();
  const text = textOf(message.parts);
  const files = message.parts.filter((part): part is FilePart => part.type === "file");
  if (editing) {
    return (
      <Editor
        text={text}
        hasFiles={files.length > 0}
        onCancel={() => onEdit(false)}
        onSend={(edited) => {
          onEdit(false);
          onResend(edited, files);
        }}
      />
    );
  }
  return (
    <div className="group/message flex flex-col items-end gap-1">
      {author !== undefined && <p className="px-1 text-xs font-medium text-muted">{author}</p>}
      {files.length > 0 && (
        <div className="flex max-w-[85%] flex-wrap justify-end gap-2">
          {files.map((part) => (
            <Suspense key={part.file_id} fallback={<Skeleton className="size-32 rounded-xl" />}>
              <AttachedImage part={part} />
            </Suspense>
          ))}
        </div>
      )}
      {message.parts.length === 0 && <Erased />}
      {text !== "" && (
        <div className="max-w-[85%] rounded-2xl bg-bubble px-4 py-2.5 text-[0.9375rem] leading-[1.6] wrap-anywhere whitespace-pre-wrap sm:max-w-[75%]">
          {text}
        </div>
      )}
      <div
        className={cn(
          "flex items-center transition-opacity group-focus-within/message:opacity-100 group-hover/message:opacity-100 touch:opacity-100",
          message.sibling_ids.length < 2 && "opacity-0",
        )}
      >
        <CopyButton text={() => text} label={t`Copy message`} />
        {!readOnly && (
          <>
            <IconButton
              size="sm"
              className="size-8! touch:size-11!"
              label={t`Edit message`}
              disabled={busy || isPending(message)}
              onClick={() => onEdit(true)}
            >
              <Pencil size={15} aria-hidden />
            </IconButton>
            <BranchPicker message={message} disabled={busy} onSelect={onSelectBranch} />
          </>
        )}
      </div>
    </div>
  );
}

function Editor({
  text,
  hasFiles,
  onCancel,
  onSend,
}: {
  text: string;
  hasFiles: boolean;
  onCancel: () => void;
  onSend: (text: string) => void;
}) {
  const { t } = useLingui();
  const [value, setValue] = useState(text);
  const area = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    const element = area.current;
    if (!element) return;
    fitHeight(element, 400);
    element.focus({ preventScroll: true });
    element.setSelectionRange(element.value.length, element.value.length);
  }, []);
  const empty = value.trim() === "" && !hasFiles;
  const send = () => {
    if (!empty) onSend(value.trim());
  };
  return (
    <form
      className="rounded-2xl border border-line-strong bg-surface p-3 shadow-sm"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <textarea
        ref={area}
        value={value}
        rows={1}
        aria-label={t`Edit message`}
        className="block w-full resize-none bg-transparent px-1 text-[0.9375rem] leading-[1.6] outline-none touch:text-base"
        onChange={(event) => {
          setValue(event.target.value);
          fitHeight(event.target, 400);
        }}
        onKeyDown={(event) => {
          if (event.key === "Escape") {
            event.preventDefault();
            onCancel();
          } else if (submitsOn(event.nativeEvent)) {
            event.preventDefault();
            send();
          }
        }}
      />
      <div className="mt-2 flex items-center justify-end gap-2">
        <Button size="sm" variant="ghost" onClick={onCancel}>
          {t`Cancel`}
        </Button>
        <Button size="sm" variant="primary" type="submit" disabled={empty}>
          {t`Send`}
        </Button>
      </div>
    </form>
  );
}
