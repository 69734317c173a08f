/** One marked token as a React element. What has no element of its own is shown as its text. */
import { useLingui } from "@lingui/react/macro";
import {
  decodeEntities,
  safeHref,
  type MathToken,
  type Token,
  type Tokens,
} from "@parlance/chat-core/markdown";
import { ImageOff } from "lucide-react";
import { Fragment, type ReactNode } from "react";
import { CodeBlock } from "./code-block";
import { MathFormula } from "./math-formula";

export function BlockToken({ token, closed }: { token: Token; closed: boolean }): ReactNode {
  const known = token as Tokens.Generic;
  switch (token.type) {
    case "heading":
      return <Heading token={token as Tokens.Heading} />;
    case "paragraph":
      return (
        <p>
          <Inline tokens={known.tokens} />
        </p>
      );
    case "text":
      return known.tokens ? <Inline tokens={known.tokens} /> : decodeEntities(known.text as string);
    case "code":
      return <CodeBlock token={token as Tokens.Code} closed={closed} />;
    case "blockquote":
      return (
        <blockquote>
          <BlockList tokens={known.tokens} closed={closed} />
        </blockquote>
      );
    case "list":
      return <List token={token as Tokens.List} closed={closed} />;
    case "table":
      return <Table token={token as Tokens.Table} />;
    case "hr":
      return <hr />;
    case "math":
      return <MathFormula tex={(token as MathToken).tex} display />;
    case "html":
      return <p className="whitespace-pre-wrap">{token.raw.trimEnd()}</p>;
    case "space":
    case "def":
    case "checkbox":
      return null;
    default:
      return <InlineToken token={token} />;
  }
}

function BlockList({ tokens = [], closed }: { tokens?: Token[]; closed: boolean }) {
  return tokens.map((token, index) => (
    <BlockToken key={index} token={token} closed={closed || index < tokens.length - 1} />
  ));
}

/** The page owns the first two levels, so an answer's headings begin at the third. */
function Heading({ token }: { token: Tokens.Heading }) {
  const Tag = `h${Math.min(6, token.depth + 2)}` as "h3" | "h4" | "h5" | "h6";
  return (
    <Tag data-depth={token.depth}>
      <Inline tokens={token.tokens} />
    </Tag>
  );
}

function List({ token, closed }: { token: Tokens.List; closed: boolean }) {
  const { t } = useLingui();
  const items = token.items.map((item, index) => (
    <li key={index} data-task={item.task || undefined}>
      {item.task && (
        <input
          type="checkbox"
          checked={item.checked ?? false}
          readOnly
          tabIndex={-1}
          aria-label={item.checked ? t`Done` : t`Not done`}
        />
      )}
      <BlockList tokens={item.tokens} closed={closed || index < token.items.length - 1} />
    </li>
  ));
  return token.ordered ? <ol start={token.start || undefined}>{items}</ol> : <ul>{items}</ul>;
}

function Table({ token }: { token: Tokens.Table }) {
  const { t } = useLingui();
  const cell = (Tag: "th" | "td", { align, tokens }: Tokens.TableCell, index: number) => (
    <Tag
      key={index}
      scope={Tag === "th" ? "col" : undefined}
      style={align ? { textAlign: align } : undefined}
    >
      <Inline tokens={tokens} />
    </Tag>
  );
  return (
    <div className="table-scroll" role="region" aria-label={t`Table`} tabIndex={0}>
      <table>
        <thead>
          <tr>{token.header.map((header, index) => cell("th", header, index))}</tr>
        </thead>
        <tbody>
          {token.rows.map((row, r) => (
            <tr key={r}>{row.map((data, index) => cell("td", data, index))}</tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Inline({ tokens = [] }: { tokens?: Token[] }) {
  return tokens.map((token, index) => <InlineToken key={index} token={token} />);
}

function InlineToken({ token }: { token: Token }): ReactNode {
  const known = token as Tokens.Generic;
  switch (token.type) {
    case "strong":
      return (
        <strong>
          <Inline tokens={known.tokens} />
        </strong>
      );
    case "em":
      return (
        <em>
          <Inline tokens={known.tokens} />
        </em>
      );
    case "del":
      return (
        <del>
          <Inline tokens={known.tokens} />
        </del>
      );
    case "codespan":
      return <code>{known.text as string}</code>;
    case "br":
      return <br />;
    case "link":
      return <Link token={token as Tokens.Link} />;
    case "image":
      return <ImageChip token={token as Tokens.Image} />;
    case "inlineMath":
      return <MathFormula tex={(token as MathToken).tex} display={(token as MathToken).display} />;
    case "escape":
      return known.text as string;
    case "text":
      return known.tokens ? (
        <Inline tokens={known.tokens} />
      ) : (
        <Fragment>{decodeEntities(known.text as string)}</Fragment>
      );
    case "checkbox":
      return null;
    default:
      return token.raw;
  }
}

const EXTERNAL = { target: "_blank", rel: "noopener noreferrer nofollow" } as const;

function Link({ token }: { token: Tokens.Link }) {
  const href = safeHref(token.href);
  const content = <Inline tokens={token.tokens} />;
  return href === null ? (
    content
  ) : (
    <a href={href} {...EXTERNAL}>
      {content}
    </a>
  );
}

/** Never an <img>: loading it would tell a stranger that this answer is being read. */
function ImageChip({ token }: { token: Tokens.Image }) {
  const { t } = useLingui();
  const href = safeHref(token.href);
  const alt = decodeEntities(token.text).trim();
  const content = (
    <>
      <ImageOff size={14} aria-hidden />
      <span>{alt || t`Image`}</span>
    </>
  );
  return href === null ? (
    <span className="image-chip">{content}</span>
  ) : (
    <a className="image-chip" href={href} title={t`Image not loaded: ${href}`} {...EXTERNAL}>
      {content}
    </a>
  );
}
