import { CircleAlert, CircleCheck, X } from "lucide-react";
import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { cn } from "./cn";
import { toast, toastStore, type Toast } from "./toast";

/** Place once, near the end of the page. */
export function Toaster({ label, dismissLabel }: { label: string; dismissLabel: string }) {
  const toasts = useSyncExternalStore(toastStore.subscribe, toastStore.get);
  return (
    <section
      aria-label={label}
      aria-live="polite"
      className="pointer-events-none fixed inset-x-0 bottom-0 z-50 flex flex-col items-center gap-2 p-4 pb-[max(1rem,env(safe-area-inset-bottom))] sm:items-end"
    >
      {toasts.map((entry) => (
        <ToastCard key={entry.id} entry={entry} dismissLabel={dismissLabel} />
      ))}
    </section>
  );
}

function ToastCard({ entry, dismissLabel }: { entry: Toast; dismissLabel: string }) {
  const [held, setHeld] = useState(false);
  const left = useRef(entry.duration);
  useEffect(() => {
    if (held || !Number.isFinite(left.current)) return;
    const started = Date.now();
    const timer = setTimeout(() => toast.dismiss(entry.id), left.current);
    return () => {
      clearTimeout(timer);
      left.current = Math.max(1500, left.current - (Date.now() - started));
    };
  }, [held, entry]);
  return (
    <div
      role={entry.tone === "danger" ? "alert" : undefined}
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
      className="pointer-events-auto flex w-full max-w-sm animate-rise items-start gap-3 rounded-lg border border-line bg-raised py-2.5 ps-3.5 pe-2 shadow-lg"
    >
      {entry.tone !== "neutral" && (
        <span
          aria-hidden
          className={cn(
            "mt-1.5 touch:mt-3",
            entry.tone === "danger" ? "text-danger" : "text-success",
          )}
        >
          {entry.tone === "danger" ? <CircleAlert size={17} /> : <CircleCheck size={17} />}
        </span>
      )}
      <div className="min-w-0 flex-1 py-1 text-sm touch:py-2.5">
        <p className="font-medium break-words">{entry.title}</p>
        {entry.description && <p className="mt-0.5 break-words text-muted">{entry.description}</p>}
      </div>
      {entry.action && (
        <button
          type="button"
          onClick={() => {
            entry.action?.onSelect();
            toast.dismiss(entry.id);
          }}
          className="h-7 shrink-0 rounded-md px-2.5 text-sm font-semibold text-accent hover:bg-hover touch:h-11"
        >
          {entry.action.label}
        </button>
      )}
      <button
        type="button"
        aria-label={dismissLabel}
        onClick={() => toast.dismiss(entry.id)}
        className="grid size-7 shrink-0 place-items-center rounded-md text-subtle hover:bg-hover hover:text-fg touch:size-11"
      >
        <X size={15} aria-hidden />
      </button>
    </div>
  );
}
