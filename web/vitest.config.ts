import { fileURLToPath } from "node:url";
import { i18n } from "@parlance/i18n/vite";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [i18n()],
  resolve: { alias: { "@": fileURLToPath(new URL("./apps/app/src", import.meta.url)) } },
  test: {
    include: ["{apps,packages}/**/*.test.{ts,tsx}"],
    environment: "jsdom",
    restoreMocks: true,
  },
});
