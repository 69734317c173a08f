import { useLingui } from "@lingui/react/macro";
import { isFenceClosed, type Tokens } from "@parlance/chat-core/markdown";
import type { RootContent } from "hast";
import { Fragment, useEffect, useState, type ReactNode } from "react";
import { CopyButton } from "@/lib/copy-button";

/** Larger blocks stay plain: highlighting them would hold up the page for longer than it helps. */
const HIGHLIGHT_LIMIT = 40_000;

type Highlighter = typeof import("./highlight");
let highlighter: Highlighter | null = null;

/** A code block with its language, a copy button, and colours once it is complete. */
export function CodeBlock({ token, closed }: { token: Tokens.Code; closed: boolean }) {
  const { t } = useLingui();
  const language = token.lang?.match(/^[\w+#.-]+/)?.[0] ?? "";
  const complete = closed || isFenceClosed(token.raw);
  return (
    <figure className="code-block">
      <figcaption>
        <span>{language || t`code`}</span>
        <CopyButton text={() => token.text} label={t`Copy code`} showLabel />
      </figcaption>
      {/* Focusable, so that the keyboard can scroll long lines. */}
      <pre tabIndex={0} aria-label={language ? t`Code in ${language}` : t`Code`} role="group">
        <code>
          {complete && language !== "" && token.text.length <= HIGHLIGHT_LIMIT ? (
            <Highlighted code={token.text} language={language} />
          ) : (
            token.text
          )}
        </code>
      </pre>
    </figure>
  );
}

function Highlighted({ code, language }: { code: string; language: string }) {
  const [loaded, setLoaded] = useState(highlighter);
  useEffect(() => {
    if (loaded) return;
    let current = true;
    import("./highlight").then(
      (module) => {
        highlighter = module;
        if (current) setLoaded(module);
      },
      () => undefined, // offline: plain code is fine
    );
    return () => {
      current = false;
    };
  }, [loaded]);
  const tree = loaded?.highlight(code, language);
  return tree ? <Nodes nodes={tree} /> : code;
}

function Nodes({ nodes }: { nodes: readonly RootContent[] }): ReactNode {
  return nodes.map((node, index) => {
    if (node.type === "text") return <Fragment key={index}>{node.value}</Fragment>;
    if (node.type !== "element") return null;
    const names = node.properties.className;
    return (
      <span key={index} className={Array.isArray(names) ? names.join(" ") : undefined}>
        <Nodes nodes={node.children as RootContent[]} />
      </span>
    );
  });
}
