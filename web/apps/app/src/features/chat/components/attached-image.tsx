import { useLingui } from "@lingui/react/macro";
import type { FilePart } from "@parlance/chat-core";
import { useQuery } from "@tanstack/react-query";
import { Dialog } from "@parlance/ui/dialog";
import { Skeleton } from "@parlance/ui";
import { ImageOff } from "lucide-react";
import { useState } from "react";
import { fileUrlQuery } from "../queries";

/** An image of a message; a press shows it large. */
export default function AttachedImage({ part }: { part: FilePart }) {
  const { t } = useLingui();
  const [open, setOpen] = useState(false);
  const { data: url, isError } = useQuery(fileUrlQuery(part.file_id));
  if (isError) {
    return (
      <span className="inline-flex h-24 w-32 flex-col items-center justify-center gap-1.5 rounded-xl border border-line bg-surface px-2 text-xs text-muted">
        <ImageOff size={18} aria-hidden />
        <span className="w-full truncate text-center">{part.name}</span>
      </span>
    );
  }
  if (!url) return <Skeleton className="size-32 rounded-xl" />;
  return (
    <>
      <button
        type="button"
        onClick={() => setOpen(true)}
        aria-label={t`Show ${part.name} large`}
        className="overflow-hidden rounded-xl border border-line bg-surface"
      >
        <img src={url} alt={part.name} className="block h-32 max-w-60 object-cover sm:h-40" />
      </button>
      <Dialog
        open={open}
        onOpenChange={setOpen}
        title={part.name}
        closeLabel={t`Close`}
        className="w-auto max-w-[min(64rem,100%)]"
      >
        <img
          src={url}
          alt={part.name}
          className="mx-auto max-h-[75dvh] max-w-full rounded-md object-contain"
        />
      </Dialog>
    </>
  );
}
