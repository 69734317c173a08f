/**
 * Math as marked extensions: `$$…$$` and `\[…\]` in display, `$…$` and `\(…\)` in the line.
 * Dollars follow Pandoc's rule (no space inside the delimiters, no digit after the closing one)
 * and one more, so that "$5 and $10" stays money: an amount followed by words is not math.
 * Recognises only; typesetting is the view's business.
 */
import type { TokenizerAndRendererExtension, Tokens } from "marked";

export interface MathToken extends Tokens.Generic {
  type: "math" | "inlineMath";
  tex: string;
  display: boolean;
}

// A display formula may not contain a blank line, which bounds what an unclosed one can swallow.
const BLOCK =
  /^ {0,3}(?:\$\$((?:(?!\n[ \t]*\n)[^$]|\\\$)+?)\$\$|\\\[((?:(?!\n[ \t]*\n)[\s\S])+?)\\\])[ \t]*(?:\n+|$)/;
const INLINE_DISPLAY = /^(?:\$\$((?:[^$\n]|\n(?!\s*\n))+?)\$\$|\\\[((?:(?!\n\s*\n)[\s\S])+?)\\\])/;
const INLINE_PAREN = /^\\\(((?:(?!\n\s*\n)[\s\S])+?)\\\)/;
const INLINE_DOLLAR = /^\$(?![\s$])((?:\\[^\n]|[^\\$\n])+?)(?<!\s)\$(?![\d$])/;
const MONEY = /^\d[\d.,]*(?:\s*[-–—]\s*|\s+[A-Za-zÀ-ỹ]{2,}|[kKmMbB]?\s*[,;:.]?\s+[A-Za-zÀ-ỹ]+\s)/;

const block: TokenizerAndRendererExtension = {
  name: "math",
  level: "block",
  start: (src) => startOf(src, /(?:^|\n) {0,3}(?:\$\$|\\\[)/),
  tokenizer(src): MathToken | undefined {
    const match = BLOCK.exec(src);
    if (!match) return undefined;
    return { type: "math", raw: match[0], tex: (match[1] ?? match[2] ?? "").trim(), display: true };
  },
};

const inline: TokenizerAndRendererExtension = {
  name: "inlineMath",
  level: "inline",
  start: (src) => startOf(src, /\$|\\[([]/),
  tokenizer(src): MathToken | undefined {
    const display = INLINE_DISPLAY.exec(src);
    if (display) {
      const tex = (display[1] ?? display[2] ?? "").trim();
      return tex === "" ? undefined : { type: "inlineMath", raw: display[0], tex, display: true };
    }
    const match = INLINE_PAREN.exec(src) ?? INLINE_DOLLAR.exec(src);
    const tex = match?.[1]?.trim();
    if (!match || !tex || (src.startsWith("$") && MONEY.test(tex))) return undefined;
    return { type: "inlineMath", raw: match[0], tex, display: false };
  },
};

function startOf(src: string, pattern: RegExp): number | undefined {
  const match = pattern.exec(src);
  return match ? match.index : undefined;
}

export const mathExtensions = [block, inline];
