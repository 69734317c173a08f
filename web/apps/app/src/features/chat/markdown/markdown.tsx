/**
 * An answer's Markdown as React elements. The answer is untrusted: HTML is shown as the text it is,
 * links go to http, https and mailto only, and nothing is ever loaded because of it: an image is
 * a chip that a person may follow. Blocks that did not change are not rendered again.
 */
import { BlockReader, readFinished, type Token } from "@parlance/chat-core/markdown";
import { memo, useState } from "react";
import { BlockToken } from "./tokens";
import "./markdown.css";

export interface MarkdownProps {
  text: string;
  /** The text still grows. */
  streaming?: boolean;
}

export default function Markdown({ text, streaming = false }: MarkdownProps) {
  const [reader] = useState(() => new BlockReader());
  const blocks = streaming ? reader.read(text, true) : readFinished(text);
  return (
    <div className="markdown" data-streaming={streaming || undefined}>
      {blocks.map(({ key, token, closed }) => (
        <Block key={key} token={token} closed={closed} />
      ))}
    </div>
  );
}

const Block = memo(
  ({ token, closed }: { token: Token; closed: boolean }) => (
    <BlockToken token={token} closed={closed} />
  ),
  (before, after) =>
    before.closed === after.closed &&
    (before.token === after.token ||
      (before.token.type === after.token.type && before.token.raw === after.token.raw)),
);
Block.displayName = "Block";
