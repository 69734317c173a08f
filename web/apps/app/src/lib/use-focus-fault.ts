/**
 * Moves the focus to the first field that is marked as wrong, once the marks are on the page: a
 * refusal by the server is shown in a later turn than it is noted.
 */
import { useEffect, useRef, useState } from "react";

export function useFocusFault() {
  const form = useRef<HTMLFormElement>(null);
  const [asked, setAsked] = useState(0);
  useEffect(() => {
    if (asked > 0) {
      form.current?.querySelector<HTMLElement>("[aria-invalid=true], [data-invalid=true]")?.focus();
    }
  }, [asked]);
  return { form, focusFault: () => setAsked((before) => before + 1) };
}
