/** The first call to the compatible APIs, in the languages that people ask for. Pure. */

export const LANGUAGES = ["curl", "openai", "anthropic", "typescript"] as const;
export type Language = (typeof LANGUAGES)[number];

export interface Call {
  /** Where this server is, without a slash at the end. */
  origin: string;
  /** A model id or the name of a route. */
  model: string;
  /** The secret itself; null: the program reads it from its environment. */
  secret: string | null;
}

export const VARIABLE = "PARLANCE_API_KEY";

/** Quoted for these four languages alike: a JSON string is one in all of them. */
const quote = (text: string) => JSON.stringify(text);

export function snippet(language: Language, { origin, model, secret }: Call): string {
  switch (language) {
    case "curl": {
      const key = secret ?? `$${VARIABLE}`;
      const name = quote(model).replaceAll("'", "'\\''");
      return [
        `curl ${origin}/v1/chat/completions \\`,
        `  -H "Authorization: Bearer ${key}" \\`,
        `  -H "Content-Type: application/json" \\`,
        `  -d '{`,
        `    "model": ${name},`,
        `    "messages": [{"role": "user", "content": "Hello!"}]`,
        `  }'`,
      ].join("\n");
    }
    case "openai":
      return [
        ...(secret === null ? ["import os"] : []),
        "from openai import OpenAI",
        "",
        "client = OpenAI(",
        `    base_url=${quote(`${origin}/v1`)},`,
        `    api_key=${secret === null ? `os.environ[${quote(VARIABLE)}]` : quote(secret)},`,
        ")",
        "completion = client.chat.completions.create(",
        `    model=${quote(model)},`,
        `    messages=[{"role": "user", "content": "Hello!"}],`,
        ")",
        "print(completion.choices[0].message.content)",
      ].join("\n");
    case "anthropic":
      return [
        ...(secret === null ? ["import os"] : []),
        "from anthropic import Anthropic",
        "",
        "client = Anthropic(",
        `    base_url=${quote(origin)},`,
        `    api_key=${secret === null ? `os.environ[${quote(VARIABLE)}]` : quote(secret)},`,
        ")",
        "message = client.messages.create(",
        `    model=${quote(model)},`,
        "    max_tokens=1024,",
        `    messages=[{"role": "user", "content": "Hello!"}],`,
        ")",
        "print(message.content[0].text)",
      ].join("\n");
    case "typescript":
      return [
        `import OpenAI from "openai";`,
        "",
        "const client = new OpenAI({",
        `  baseURL: ${quote(`${origin}/v1`)},`,
        `  apiKey: ${secret === null ? `process.env.${VARIABLE}` : quote(secret)},`,
        "});",
        "const completion = await client.chat.completions.create({",
        `  model: ${quote(model)},`,
        `  messages: [{ role: "user", content: "Hello!" }],`,
        "});",
        "console.log(completion.choices[0].message.content);",
      ].join("\n");
  }
}
