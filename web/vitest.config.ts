import { fileURLToPath } from "node:url";
import { i18n } from "./packages/i18n/vite.ts";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [i18n()],
  resolve: { alias: { "@": fileURLToPath(new URL("./apps/app/src", import.meta.url)) } },
  test: {
    include: ["{apps,packages}/**/*.test.{ts,tsx}"],
    environment: "node",
    restoreMocks: true,
  },
});
