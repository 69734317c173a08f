/**
 * Splits Markdown into blocks with marked's lexer, incrementally: while a text grows, blocks that
 * can no longer change are kept as the same objects and only the tail is read again, so the cost
 * of a frame depends on the last paragraph and not on the answer.
 *
 * The last two blocks stay open, because a line that is still arriving can change the block before
 * it ("- a\n*" is two lists until it becomes "- a\n**b**", one list with a lazy continuation), and
 * blocks close at blank lines only, because an underline can make a heading of all the lines above.
 * A link definition can change any block, so a new one starts the reading over.
 * Nothing is rendered here, and raw HTML is only ever a token that carries its own text.
 */
import { Lexer, Marked, type Links, type Token } from "marked";
import { mathExtensions } from "./math";
import { completeTail } from "./tail";

export interface Block {
  /** Stable while the text grows: the offset of the block in the source. */
  key: number;
  token: Token;
  /** True when the block can't change any more. */
  closed: boolean;
}

const marked = new Marked({ gfm: true, breaks: false, extensions: mathExtensions });
const OPEN_BLOCKS = 2;
const BLANK_LINE_END = /\n[ \t]*\n$/;

function lex(source: string, links: Links): { tokens: Token[]; links: Links } {
  const lexer = new Lexer(marked.defaults);
  Object.assign(lexer.tokens.links, links);
  const tokens = lexer.lex(source);
  return { tokens, links: tokens.links };
}

/** CRLF and lone CR as LF, which is what the lexer does too, so that offsets agree. */
function normalise(source: string): string {
  return source.includes("\r") ? source.replace(/\r\n|\r/g, "\n") : source;
}

export class BlockReader {
  #source = "";
  #offset = 0;
  #closed: Block[] = [];
  #links: Links = {};

  /** Blocks of `text`. `streaming` finishes half-written markup at the end. */
  read(text: string, streaming: boolean): Block[] {
    const source = normalise(text);
    if (!source.startsWith(this.#source)) this.#restart();
    this.#source = source;
    const tail = source.slice(this.#offset);
    const { tokens, links } = lex(tail, this.#links);
    if (this.#closed.length > 0 && Object.keys(links).length > Object.keys(this.#links).length) {
      this.#restart();
      return this.read(text, streaming);
    }
    const solid = tokens.reduce<number[]>((at, token, i) => {
      if (token.type !== "space" && token.type !== "def") at.push(i);
      return at;
    }, []);
    let keep = solid[solid.length - OPEN_BLOCKS] ?? 0;
    while (keep > 0 && !BLANK_LINE_END.test(tokens[keep - 1]?.raw ?? "")) keep -= 1;
    for (const token of tokens.slice(0, keep)) {
      this.#closed.push({ key: this.#offset, token, closed: true });
      this.#offset += token.raw.length;
    }
    // Definitions among the open blocks are read again with them.
    const closedLinks = new Set(
      tokens.slice(0, keep).flatMap((token) => (token.type === "def" ? [String(token.tag)] : [])),
    );
    for (const tag of closedLinks) {
      const link = links[tag];
      if (link) this.#links[tag] = link;
    }
    return visible([...this.#closed, ...this.#open(tokens.slice(keep), streaming)]);
  }

  #open(tokens: Token[], streaming: boolean): Block[] {
    const last = tokens.at(-1);
    let open = tokens;
    if (streaming && last && INLINE_HOLDERS.has(last.type)) {
      const raw = tokens.map((token) => token.raw).join("");
      const completed = completeTail(raw);
      if (completed !== raw) open = lex(completed, this.#links).tokens;
    }
    let key = this.#offset;
    return open.map((token) => {
      const block = { key, token, closed: !streaming };
      key += token.raw.length;
      return block;
    });
  }

  #restart(): void {
    this.#source = "";
    this.#offset = 0;
    this.#closed = [];
    this.#links = {};
  }
}

const INLINE_HOLDERS = new Set(["paragraph", "text", "heading", "list", "blockquote", "table"]);

function visible(blocks: Block[]): Block[] {
  return blocks.filter(({ token }) => token.type !== "space" && token.type !== "def");
}

/** True when a fenced code token has its closing fence: only then is it worth highlighting. */
export function isFenceClosed(raw: string): boolean {
  const fence = /^ {0,3}(`{3,}|~{3,})/.exec(raw)?.[1];
  if (fence === undefined) return true; // indented code has no fence
  const lastLine = raw.trimEnd().split("\n").slice(1).at(-1)?.trim() ?? "";
  return lastLine.startsWith(fence) && /^(`+|~+)$/.test(lastLine);
}

const CACHE_SIZE = 200;
const finished = new Map<string, Block[]>();

/** Blocks of a text that will not grow; remembers the most recent ones, for lists that recycle. */
export function readFinished(text: string): Block[] {
  const known = finished.get(text);
  if (known) {
    finished.delete(text);
    finished.set(text, known);
    return known;
  }
  const blocks = new BlockReader().read(text, false);
  finished.set(text, blocks);
  if (finished.size > CACHE_SIZE) {
    for (const oldest of finished.keys()) {
      finished.delete(oldest);
      break;
    }
  }
  return blocks;
}
