/** `npm run generate`: the committed client is a pure function of openapi.json and this file. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "@hey-api/openapi-ts";

interface Schema {
  $ref?: string;
  type?: string | string[];
  format?: string;
  oneOf?: Schema[];
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  [key: string]: unknown;
}
interface Document {
  paths: Record<string, Record<string, { requestBody?: unknown }>>;
  components: { schemas: Record<string, Schema> };
}

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const document = JSON.parse(readFileSync(here("./openapi.json"), "utf8")) as Document;
const { schemas } = document.components;

function visit(value: unknown, see: (schema: Schema) => void) {
  if (value === null || typeof value !== "object") return;
  if (!Array.isArray(value)) see(value as Schema);
  for (const child of Object.values(value)) visit(child, see);
}

/** Names of the schemas that somebody may send. */
function sent(): Set<string> {
  const names = new Set<string>();
  const follow = (value: unknown) =>
    visit(value, ({ $ref }) => {
      const name = $ref?.split("/").at(-1);
      if (name === undefined || names.has(name)) return;
      names.add(name);
      follow(schemas[name]);
    });
  for (const operations of Object.values(document.paths)) {
    for (const { requestBody } of Object.values(operations)) follow(requestBody);
  }
  return names;
}

const mayBeNull = ({ type, oneOf }: Schema) =>
  (Array.isArray(type) && type.includes("null")) ||
  (oneOf?.some((option) => option.type === "null") ?? false);

/**
 * The server answers with null where there is nothing, and never leaves such a property out; its
 * document can't say so, since in a request the same type may be left out.
 */
const requests = sent();
for (const [name, schema] of Object.entries(schemas)) {
  if (requests.has(name)) continue;
  visit(schema, (part) => {
    if (!part.properties) return;
    const required = new Set(part.required);
    for (const [key, property] of Object.entries(part.properties)) {
      if (mayBeNull(property)) required.add(key);
    }
    part.required = [...required];
  });
}

/** Bytes are described as numbers in a list; here they are a Blob. */
visit(document.paths, (schema) => {
  if (schema.type !== "array" || schema.items?.format !== "int32") return;
  delete schema.items;
  Object.assign(schema, { type: "string", format: "binary" });
});

export default defineConfig({
  input: document as never,
  output: { path: process.env.PARLANCE_CLIENT_OUTPUT ?? here("./src/generated") },
  plugins: [
    "@hey-api/typescript",
    { name: "@hey-api/client-fetch", baseUrl: false, throwOnError: true },
    { name: "@hey-api/sdk", responseStyle: "data" },
  ],
});
