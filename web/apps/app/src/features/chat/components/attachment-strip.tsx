import { useLingui } from "@lingui/react/macro";
import { cn, Spinner } from "@parlance/ui";
import { RotateCw, X } from "lucide-react";
import type { Attachment } from "../composer.logic";

/** Images waiting in the composer. */
export function AttachmentStrip({
  list,
  onRetry,
  onRemove,
}: {
  list: readonly Attachment[];
  onRetry: (key: string) => void;
  onRemove: (key: string) => void;
}) {
  const { t } = useLingui();
  if (list.length === 0) return null;
  return (
    <ul aria-label={t`Attached images`} className="flex flex-wrap gap-2.5 px-3 pt-3">
      {list.map((attachment) => (
        <li key={attachment.key} className="relative">
          <img
            src={attachment.preview}
            alt={attachment.name}
            className={cn(
              "size-16 rounded-lg border border-line object-cover",
              attachment.status !== "done" && "opacity-45",
              attachment.status === "failed" && "border-danger",
            )}
          />
          {attachment.status === "uploading" && (
            <span
              role="progressbar"
              aria-label={t`Uploading ${attachment.name}`}
              aria-valuemin={0}
              aria-valuemax={100}
              aria-valuenow={Math.round(attachment.progress * 100)}
              className="absolute inset-0 grid place-items-center"
            >
              <Spinner />
              <span className="absolute inset-x-1.5 bottom-1.5 h-1 overflow-hidden rounded-full bg-active">
                <span
                  className="block h-full rounded-full bg-accent transition-[width]"
                  style={{ width: `${attachment.progress * 100}%` }}
                />
              </span>
            </span>
          )}
          {attachment.status === "failed" && (
            <>
              <button
                type="button"
                aria-label={t`Upload ${attachment.name} again`}
                data-tooltip={attachment.message}
                onClick={() => onRetry(attachment.key)}
                className="absolute inset-0 grid place-items-center rounded-lg text-danger"
              >
                <RotateCw size={18} aria-hidden />
              </button>
              <span role="alert" className="sr-only">
                {attachment.name}: {attachment.message}
              </span>
            </>
          )}
          <button
            type="button"
            aria-label={t`Remove ${attachment.name}`}
            onClick={() => onRemove(attachment.key)}
            className="absolute -end-2 -top-2 grid size-6 place-items-center rounded-full border border-line bg-raised text-muted shadow-sm hover:text-fg"
          >
            <X size={13} aria-hidden />
          </button>
        </li>
      ))}
    </ul>
  );
}
