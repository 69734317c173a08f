/** The first call to the compatible APIs, in the languages that people ask for. Pure. */

export const LANGUAGES = ["curl", "python", "typescript"] as const;
export type Language = (typeof LANGUAGES)[number];
/** Whose API it is shaped like. */
export const STYLES = ["openai", "anthropic"] as const;
export type Style = (typeof STYLES)[number];

export interface Call {
  /** Where this server is, without a slash at the end. */
  origin: string;
  /** A model id or the name of a route. */
  model: string;
  /** The secret itself; null: the program reads it from its environment. */
  secret: string | null;
}

export const VARIABLE = "PARLANCE_API_KEY";

/** Quoted for these languages alike: a JSON string is one in all of them. */
const quote = (text: string) => JSON.stringify(text);

export function installCommand(language: Language, style: Style): string | null {
  if (language === "curl") return null;
  if (language === "python") return `pip install ${style}`;
  return style === "openai" ? "npm install openai" : "npm install @anthropic-ai/sdk";
}

export function snippet(language: Language, style: Style, call: Call): string {
  if (language === "curl") return curl(style, call);
  return (language === "python" ? python(style, call) : typescript(style, call)).join("\n");
}

function curl(style: Style, { origin, model, secret }: Call): string {
  const key = secret ?? `$${VARIABLE}`;
  const name = quote(model).replaceAll("'", "'\\''");
  const message = `    "messages": [{"role": "user", "content": "Hello!"}]`;
  const lines =
    style === "openai"
      ? [
          `curl ${origin}/v1/chat/completions \\`,
          `  -H "Authorization: Bearer ${key}" \\`,
          `  -H "Content-Type: application/json" \\`,
          `  -d '{`,
          `    "model": ${name},`,
        ]
      : [
          `curl ${origin}/v1/messages \\`,
          `  -H "x-api-key: ${key}" \\`,
          `  -H "anthropic-version: 2023-06-01" \\`,
          `  -H "Content-Type: application/json" \\`,
          `  -d '{`,
          `    "model": ${name},`,
          `    "max_tokens": 1024,`,
        ];
  return [...lines, message, `  }'`].join("\n");
}

/** OpenAI's SDKs want the address with /v1, Anthropic's add it themselves. */
function python(style: Style, { origin, model, secret }: Call): string[] {
  const key = secret === null ? `os.environ[${quote(VARIABLE)}]` : quote(secret);
  const imports = secret === null ? ["import os"] : [];
  const messages = `    messages=[{"role": "user", "content": "Hello!"}],`;
  return style === "openai"
    ? [
        ...imports,
        "from openai import OpenAI",
        "",
        "client = OpenAI(",
        `    base_url=${quote(`${origin}/v1`)},`,
        `    api_key=${key},`,
        ")",
        "completion = client.chat.completions.create(",
        `    model=${quote(model)},`,
        messages,
        ")",
        "print(completion.choices[0].message.content)",
      ]
    : [
        ...imports,
        "from anthropic import Anthropic",
        "",
        "client = Anthropic(",
        `    base_url=${quote(origin)},`,
        `    api_key=${key},`,
        ")",
        "message = client.messages.create(",
        `    model=${quote(model)},`,
        "    max_tokens=1024,",
        messages,
        ")",
        `print("".join(part.text for part in message.content if part.type == "text"))`,
      ];
}

function typescript(style: Style, { origin, model, secret }: Call): string[] {
  const key = secret === null ? `process.env.${VARIABLE}` : quote(secret);
  const messages = `  messages: [{ role: "user", content: "Hello!" }],`;
  return style === "openai"
    ? [
        `import OpenAI from "openai";`,
        "",
        "const client = new OpenAI({",
        `  baseURL: ${quote(`${origin}/v1`)},`,
        `  apiKey: ${key},`,
        "});",
        "const completion = await client.chat.completions.create({",
        `  model: ${quote(model)},`,
        messages,
        "});",
        "console.log(completion.choices[0]?.message.content);",
      ]
    : [
        `import Anthropic from "@anthropic-ai/sdk";`,
        "",
        "const client = new Anthropic({",
        `  baseURL: ${quote(origin)},`,
        `  apiKey: ${key},`,
        "});",
        "const message = await client.messages.create({",
        `  model: ${quote(model)},`,
        "  max_tokens: 1024,",
        messages,
        "});",
        `const texts = message.content.map((part) => (part.type === "text" ? part.text : ""));`,
        `console.log(texts.join(""));`,
      ];
}
