import { fileURLToPath } from "node:url";
import { i18n } from "../../packages/i18n/vite.ts";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [i18n(), react(), tailwindcss()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  server: {
    proxy: { "/api": { target: process.env.PARLANCE_SERVER ?? "http://localhost:4000" } },
  },
  build: {
    target: "es2022",
    manifest: true,
    // Inlined fonts and images would be fetched by everyone, and the page's policy forbids data: scripts.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
});
