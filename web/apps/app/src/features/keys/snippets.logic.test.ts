import { expect, test } from "vitest";
import { LANGUAGES, snippet } from "./snippets.logic";

const call = { origin: "https://ai.example.com", model: "openai/gpt-5.2", secret: null };

test.each(LANGUAGES)("%s names the server, the model and no secret", (language) => {
  const text = snippet(language, call);
  expect(text).toContain("https://ai.example.com");
  expect(text).toContain("openai/gpt-5.2");
  expect(text).toContain("PARLANCE_API_KEY");
});

test("Anthropic's SDK adds /v1 itself, OpenAI's does not", () => {
  expect(snippet("openai", call)).toContain('"https://ai.example.com/v1"');
  expect(snippet("typescript", call)).toContain('"https://ai.example.com/v1"');
  expect(snippet("anthropic", call)).toContain('base_url="https://ai.example.com"');
});

test.each(LANGUAGES)("%s takes the secret when there is one", (language) => {
  const text = snippet(language, { ...call, secret: "sk-parl-abc" });
  expect(text).toContain("sk-parl-abc");
  expect(text).not.toContain("PARLANCE_API_KEY");
});

test("what curl sends is JSON", () => {
  const body = /-d '([^']*)'/.exec(snippet("curl", call))?.[1] ?? "";
  expect(JSON.parse(body)).toEqual({
    model: "openai/gpt-5.2",
    messages: [{ role: "user", content: "Hello!" }],
  });
});

test("a route's name can't leave its string", () => {
  expect(snippet("openai", { ...call, model: `a"b` })).toContain(`model="a\\"b"`);
  expect(snippet("curl", { ...call, model: "a'b" })).toContain(`a'\\''b`);
});
