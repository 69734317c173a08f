/**
 * KaTeX with its style sheet and fonts, a chunk of its own. It builds DOM nodes, no HTML string, and
 * `trust` is off: no links, images, classes or ids out of a formula. Sizes and expansion are bounded.
 */
import katex from "katex";
import "katex/dist/katex.min.css";

export function typeset(tex: string, element: HTMLElement, display: boolean): void {
  katex.render(tex, element, {
    displayMode: display,
    throwOnError: false,
    errorColor: "currentcolor",
    strict: "ignore",
    trust: false,
    maxSize: 20,
    maxExpand: 300,
  });
}
