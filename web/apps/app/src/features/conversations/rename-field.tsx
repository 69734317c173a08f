import { useLingui } from "@lingui/react/macro";
import { useEffect, useRef } from "react";

/** Renames in place: Enter or leaving the field keeps the name, Escape does not. */
export function RenameField({
  title,
  onDone,
  className,
}: {
  title: string;
  /** `null`: given up. */
  onDone: (title: string | null) => void;
  className?: string;
}) {
  const { t } = useLingui();
  const input = useRef<HTMLInputElement>(null);
  const done = useRef(false);
  const finish = (value: string | null) => {
    if (done.current) return;
    done.current = true;
    onDone(value);
  };
  useEffect(() => {
    // After the menu that asked for it has given the focus back.
    const frame = requestAnimationFrame(() => input.current?.select());
    return () => cancelAnimationFrame(frame);
  }, []);
  return (
    <input
      ref={input}
      defaultValue={title}
      maxLength={200}
      aria-label={t`Conversation name`}
      className={className}
      onBlur={(event) => finish(event.target.value)}
      onKeyDown={(event) => {
        if (event.key === "Enter" && !event.nativeEvent.isComposing)
          finish(event.currentTarget.value);
        if (event.key === "Escape") {
          event.preventDefault();
          finish(null);
        }
      }}
    />
  );
}
