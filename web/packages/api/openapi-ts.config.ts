import { fileURLToPath } from "node:url";
import { defineConfig } from "@hey-api/openapi-ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** `npm run generate`: the committed client is a pure function of openapi.json and this file. */
export default defineConfig({
  input: here("./openapi.json"),
  output: { path: process.env.PARLANCE_CLIENT_OUTPUT ?? here("./src/generated") },
  plugins: [
    "@hey-api/typescript",
    { name: "@hey-api/client-fetch", baseUrl: false, throwOnError: true },
    { name: "@hey-api/sdk", responseStyle: "data" },
  ],
});
