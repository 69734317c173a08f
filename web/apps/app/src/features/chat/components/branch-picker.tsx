import { useLingui } from "@lingui/react/macro";
import { branchPosition, type Message } from "@parlance/chat-core";
import { ChevronLeft, ChevronRight } from "lucide-react";

/** ‹ 2/3 ›: moves between versions of a message. Absent while there is one only. */
export function BranchPicker({
  message,
  disabled,
  onSelect,
}: {
  message: Message;
  disabled: boolean;
  onSelect: (id: string) => void;
}) {
  const { t } = useLingui();
  const { position, count, previousId, nextId } = branchPosition(message);
  if (count < 2) return null;
  const arrow =
    "inline-grid h-8 w-6 place-items-center rounded-md text-muted transition-colors hover:bg-hover hover:text-fg disabled:pointer-events-none disabled:opacity-40 touch:h-11 touch:w-9";
  return (
    <div
      role="group"
      aria-label={t`Versions`}
      className="inline-flex items-center text-xs text-muted"
    >
      <button
        type="button"
        className={arrow}
        aria-label={t`Previous version`}
        disabled={disabled || previousId === null}
        onClick={() => previousId !== null && onSelect(previousId)}
      >
        <ChevronLeft size={16} aria-hidden />
      </button>
      <span className="tabular-nums" aria-label={t`Version ${position} of ${count}`} role="img">
        {position}/{count}
      </span>
      <button
        type="button"
        className={arrow}
        aria-label={t`Next version`}
        disabled={disabled || nextId === null}
        onClick={() => nextId !== null && onSelect(nextId)}
      >
        <ChevronRight size={16} aria-hidden />
      </button>
    </div>
  );
}
