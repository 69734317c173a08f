/**
 * Finishes half-written inline markup at the end of a stream, so that "**bol" already shows bold
 * and "[text](https://exa" already shows its text. Works on the last paragraph only and returns
 * the text to lex instead; the real text is never changed.
 */

export function completeTail(source: string): string {
  const start = lastBlockStart(source);
  const tail = source.slice(start);
  return source.slice(0, start) + completeInline(tail);
}

function lastBlockStart(source: string): number {
  const blank = source.lastIndexOf("\n\n");
  return blank < 0 ? 0 : blank + 2;
}

function completeInline(tail: string): string {
  let text = tail;
  // A link or image whose address is still arriving: keep its text, drop the address.
  text = text.replace(/!?\[([^\]\n]*)\]\([^)\n]*$/, "$1");
  text = text.replace(/!?\[([^\]\n]*)$/, (whole, label: string) =>
    /^[ xX]?$/.test(label) && /(?:^|\n)\s*(?:[-*+]|\d+[.)]) \[[ xX]?$/.test(text)
      ? ""
      : whole === "["
        ? ""
        : label,
  );
  const codeless = text.replace(/(`+)(?:(?!\1)[\s\S])*?[^`]\1(?!`)/g, (code) =>
    " ".repeat(code.length),
  );
  const tick = /(?<!`)(`+)(?!`)[^`]*$/.exec(codeless);
  if (tick?.[1]) {
    // Inside an open code span nothing else is markup.
    const body = text.slice(tick.index + tick[1].length);
    return body.trim() === "" ? text.slice(0, tick.index) : text + tick[1];
  }
  // Openers that nothing closes yet, innermost last.
  const open: string[] = [];
  for (const match of codeless.matchAll(/\\.|\*\*\*|\*\*|~~|\*/gs)) {
    const mark = match[0];
    if (mark.startsWith("\\")) continue;
    const before = codeless[match.index - 1] ?? "\n";
    const after = codeless[match.index + mark.length] ?? "";
    const closes = open.at(-1) === mark && !/\s/.test(before);
    if (closes) open.pop();
    else if (after === "" || !/\s/.test(after)) open.push(mark);
  }
  while (open.length > 0) {
    const mark = open.pop() ?? "";
    if (text.endsWith(mark)) text = text.slice(0, -mark.length);
    else if (/\s$/.test(text)) text = text.replace(/(\s+)$/, `${mark}$1`);
    else text += mark;
  }
  return text;
}
