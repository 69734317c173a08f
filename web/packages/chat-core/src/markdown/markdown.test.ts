import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  BlockReader,
  decodeEntities,
  isFenceClosed,
  readFinished,
  safeHref,
  type Token,
} from "./index";
import { completeTail } from "./tail";

const FRAGMENTS = [
  "# Title\n",
  "\n",
  "\n\n",
  "Some *text* with `code`",
  " and **bold",
  "**",
  "- item\n",
  "  - nested\n",
  "1. one\n",
  "```js\nconst a = 1;\n",
  "```\n",
  "| a | b |\n|---|---|\n",
  "| 1 | 2 |\n",
  "> quote\n",
  "[ref]",
  "\n[ref]: https://a.test\n",
  "$x^2$",
  "$$\ny = 1\n$$\n",
  "<b>html</b>\n",
  "---\n",
  "===\n",
  "![alt](https://img.test/x.png)",
  "[l](https://a.test)",
  "*",
  "\n* ",
  "    indented\n",
  "\\(a\\)",
  "\r\n",
  "- [ ] task\n",
  "é👋\n",
];

const strip = (blocks: ReturnType<typeof readFinished>) =>
  blocks.map(({ key, token }) => ({ key, token }));

describe("BlockReader", () => {
  it("ends where reading the whole text at once does, however it grew", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...FRAGMENTS), { maxLength: 30 }), (fragments) => {
        const reader = new BlockReader();
        let text = "";
        for (const fragment of fragments) {
          text += fragment;
          reader.read(text, true);
        }
        expect(strip(reader.read(text, false))).toEqual(strip(new BlockReader().read(text, false)));
      }),
      { numRuns: 1000 },
    );
  });

  it("keeps closed blocks as the same objects", () => {
    const reader = new BlockReader();
    const before = reader.read("# One\n\nTwo\n\nThree\n\nFour", true);
    const after = reader.read("# One\n\nTwo\n\nThree\n\nFour and more\n\nFive", true);
    expect(after[0]).toBe(before[0]);
    expect(after[1]).toBe(before[1]);
    expect(after.map((block) => block.closed)).toEqual([true, true, true, false, false]);
  });

  it("resolves a reference that is defined after its use", () => {
    const reader = new BlockReader();
    reader.read("See [here][x].\n\nA\n\nB\n\nC\n\n", true);
    const [first] = reader.read("See [here][x].\n\nA\n\nB\n\nC\n\n[x]: https://a.test\n", true);
    expect(JSON.stringify(first?.token)).toContain("https://a.test");
  });

  it("remembers finished texts", () => {
    expect(readFinished("same")).toBe(readFinished("same"));
  });
});

function inline(text: string): Token[] {
  const token = readFinished(text)[0]?.token;
  return (token && "tokens" in token && token.tokens) || [];
}
const types = (text: string) => inline(text).map((token) => token.type);

describe("math", () => {
  it.each(["$x$", "$x^2 + 1$", "\\(a+b\\)", "$5x = 10$", "$\\$5$", "$2$"])("%s is math", (text) => {
    expect(types(text)).toContain("inlineMath");
  });
  it.each([
    "$5 and $10",
    "It costs $5, or $10 each",
    "$ x $",
    "from $5-$10",
    "$5 to $",
    "pay $20 now or 20$ later",
    "`$x$`",
  ])("%s is not", (text) => expect(types(text)).not.toContain("inlineMath"));
  it("reads display formulas, also after a line of text", () => {
    const blocks = readFinished("Before\n$$\nE = mc^2\n$$\nAfter \\[ a \\]");
    expect(blocks.map((block) => block.token.type)).toEqual(["paragraph", "math", "paragraph"]);
    expect(readFinished("\\[\n\\frac{1}{2}\n\\]")[0]?.token).toMatchObject({
      type: "math",
      tex: "\\frac{1}{2}",
    });
  });
  it("never swallows the rest of an answer", () => {
    const blocks = readFinished("$$ open\n\nParagraph\n\nAnother");
    expect(blocks.map((block) => block.token.type)).toEqual([
      "paragraph",
      "paragraph",
      "paragraph",
    ]);
  });
});

describe("safeHref", () => {
  it.each([
    ["https://a.test/?q=1&amp;b=2", "https://a.test/?q=1&b=2"],
    ["HTTP://A.test", "http://a.test/"],
    ["mailto:a@b.test", "mailto:a@b.test"],
  ])("allows %s", (href, expected) => expect(safeHref(href)).toBe(expected));
  it.each([
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\nscript:x",
    "&#106;avascript:alert(1)",
    "data:text/html,x",
    "//a.test",
    "/settings",
    "vbscript:x",
    "file:///etc",
    "https://",
    "blob:https://a",
    "",
  ])("refuses %j", (href) => expect(safeHref(href)).toBeNull());
});

describe("decodeEntities", () => {
  it("reads numeric and common named references, and leaves the rest", () => {
    expect(decodeEntities("a &amp; b &#233; &#x1F44B; &nbsp;&nope; &#0;")).toBe(
      "a & b é 👋 \u00a0&nope; \ufffd",
    );
  });
});

describe("completeTail", () => {
  it.each([
    ["**bol", "**bol**"],
    ["a **b *c", "a **b *c***"],
    ["a **", "a "],
    ["use `cod", "use `cod`"],
    ["see [the docs](https://exa", "see the docs"],
    ["see ![pic](https://exa", "see pic"],
    ["2 * 3", "2 * 3"],
    ["done **b** and *i*", "done **b** and *i*"],
    ["~~gone", "~~gone~~"],
    ["`a*b` **c", "`a*b` **c**"],
    ["**x\n\nplain", "**x\n\nplain"],
    ["\\*not", "\\*not"],
  ])("%j becomes %j", (text, expected) => expect(completeTail(text)).toBe(expected));
});

describe("isFenceClosed", () => {
  it.each([
    ["```js\na\n```\n", true],
    ["```js\na\n", false],
    ["```js\na\n``", false],
    ["````\n```\n", false],
    ["~~~\na\n~~~", true],
    ["    indented", true],
  ])("%j: %s", (raw, closed) => expect(isFenceClosed(raw)).toBe(closed));
});
