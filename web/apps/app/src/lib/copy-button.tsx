import { useLingui } from "@lingui/react/macro";
import { cn, toast } from "@parlance/ui";
import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { copyText } from "./copy";

/** Copies a text; the check mark says that it did, also to screen readers. */
export function CopyButton({
  text,
  label,
  showLabel,
  className,
}: {
  text: () => string;
  label: string;
  showLabel?: boolean;
  className?: string;
}) {
  const { t } = useLingui();
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 2000);
    return () => clearTimeout(timer);
  }, [copied]);
  const Icon = copied ? Check : Copy;
  return (
    <button
      type="button"
      aria-label={showLabel ? undefined : label}
      data-tooltip={showLabel ? undefined : label}
      onClick={() =>
        copyText(text()).then(
          () => setCopied(true),
          () => toast.error(t`Copying is not allowed in this browser.`),
        )
      }
      className={cn(
        "inline-flex h-8 min-w-8 items-center justify-center gap-1.5 rounded-md text-muted transition-colors hover:bg-hover hover:text-fg touch:h-11 touch:min-w-11",
        showLabel && "px-2 text-xs",
        className,
      )}
    >
      <Icon
        size={showLabel ? 14 : 16}
        aria-hidden
        className={copied ? "text-success" : undefined}
      />
      {showLabel && <span>{copied ? t`Copied` : label}</span>}
      <span role="status" className="sr-only">
        {copied && !showLabel ? t`Copied` : ""}
      </span>
    </button>
  );
}
