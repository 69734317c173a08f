import { useLingui } from "@lingui/react/macro";
import { textOf, type LiveRun } from "@parlance/chat-core";
import { useEffect, useRef, useState } from "react";

const SPOKEN_CHARACTERS = 600;

/**
 * Tells screen readers that an answer began and, once, what it says. The text itself is not a live
 * region: read out word by word as it streams it would be noise.
 */
export function Announcer({ live }: { live: LiveRun | undefined }) {
  const { t } = useLingui();
  const [message, setMessage] = useState("");
  const before = useRef<LiveRun | undefined>(undefined);
  useEffect(() => {
    const was = before.current;
    before.current = live;
    if (live && !was) setMessage(t`Answering…`);
    if (!live && was) {
      const { state, stopping } = was;
      const text = textOf(state.parts).slice(0, SPOKEN_CHARACTERS);
      if (state.outcome === "failed") setMessage(t`The answer failed.`);
      else if (stopping || state.outcome === "aborted") setMessage(t`The answer was stopped.`);
      else setMessage(t`Answer complete: ${text}`);
    }
  }, [live, t]);
  return (
    <div role="status" className="sr-only">
      {message}
    </div>
  );
}
