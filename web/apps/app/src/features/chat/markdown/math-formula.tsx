import { useEffect, useLayoutEffect, useRef, useState } from "react";

type Katex = typeof import("./katex");
let katex: Katex | null = null;

/** A formula, set by KaTeX once that has arrived; its source until then and when it can't be set. */
export function MathFormula({ tex, display }: { tex: string; display: boolean }) {
  const [loaded, setLoaded] = useState(katex);
  const element = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    if (loaded) return;
    let current = true;
    import("./katex").then(
      (module) => {
        katex = module;
        if (current) setLoaded(module);
      },
      () => undefined, // offline: the source is readable
    );
    return () => {
      current = false;
    };
  }, [loaded]);
  useLayoutEffect(() => {
    if (loaded && element.current) loaded.typeset(tex, element.current, display);
  }, [loaded, tex, display]);
  // KaTeX owns the children once it is loaded; another key keeps React out of them.
  return loaded ? (
    <span
      key="set"
      ref={element}
      className={display ? "math-display" : "math-inline"}
      tabIndex={display ? 0 : undefined}
    />
  ) : (
    <span key="source" className={display ? "math-display" : undefined}>
      <code>{tex}</code>
    </span>
  );
}
