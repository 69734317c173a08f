/** Markdown, loaded when the first answer is shown; its plain text stands in until then. */
import { lazy, Suspense } from "react";
import type { MarkdownProps } from "./markdown";

export const loadMarkdown = () => import("./markdown");
const Markdown = lazy(loadMarkdown);

export function Answer(props: MarkdownProps) {
  return (
    <Suspense
      fallback={
        <div className="text-[0.9375rem] leading-[1.7] wrap-anywhere whitespace-pre-wrap">
          {props.text}
        </div>
      }
    >
      <Markdown {...props} />
    </Suspense>
  );
}
