import { describe, expect, test } from "vitest";
import { installCommand, LANGUAGES, snippet, STYLES } from "./snippets.logic";

const call = { origin: "https://ai.example.com", model: "openai/gpt-5.2", secret: null };
const every = LANGUAGES.flatMap((language) => STYLES.map((style) => [language, style] as const));

describe.each(every)("%s in the style of %s", (language, style) => {
  test("names the server, the model and no secret", () => {
    const text = snippet(language, style, call);
    expect(text).toContain("https://ai.example.com");
    expect(text).toContain("openai/gpt-5.2");
    expect(text).toContain("PARLANCE_API_KEY");
  });

  test("takes the secret when there is one", () => {
    const text = snippet(language, style, { ...call, secret: "sk-parl-abc" });
    expect(text).toContain("sk-parl-abc");
    expect(text).not.toContain("PARLANCE_API_KEY");
  });

  test("imports what is installed", () => {
    const name = installCommand(language, style)?.split(" ").at(-1);
    if (name) expect(snippet(language, style, call)).toMatch(new RegExp(`(from|import) "?${name}`));
  });
});

test("Anthropic's SDKs add /v1 themselves, OpenAI's do not", () => {
  expect(snippet("python", "openai", call)).toContain('base_url="https://ai.example.com/v1"');
  expect(snippet("typescript", "openai", call)).toContain('baseURL: "https://ai.example.com/v1"');
  expect(snippet("python", "anthropic", call)).toContain('base_url="https://ai.example.com",');
  expect(snippet("typescript", "anthropic", call)).toContain('baseURL: "https://ai.example.com",');
});

test("what curl sends is JSON", () => {
  const body = (style: (typeof STYLES)[number]) =>
    JSON.parse(/-d '([^']*)'/.exec(snippet("curl", style, call))?.[1] ?? "");
  const messages = [{ role: "user", content: "Hello!" }];
  expect(body("openai")).toEqual({ model: "openai/gpt-5.2", messages });
  expect(body("anthropic")).toEqual({ model: "openai/gpt-5.2", max_tokens: 1024, messages });
});

test("a route's name can't leave its string", () => {
  expect(snippet("python", "openai", { ...call, model: `a"b` })).toContain(`model="a\\"b"`);
  expect(snippet("curl", "openai", { ...call, model: "a'b" })).toContain(`a'\\''b`);
});
