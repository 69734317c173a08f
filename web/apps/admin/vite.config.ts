import { fileURLToPath } from "node:url";
import { i18n } from "../../packages/i18n/vite.ts";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const server = process.env.PARLANCE_SERVER ?? "http://localhost:4000";

/** A bundle of its own, so that what few people need costs nobody else a byte. */
export default defineConfig({
  base: "/admin/",
  plugins: [i18n(), react(), tailwindcss()],
  // Forms, dialogs and errors are those of the app.
  resolve: { alias: { "@": fileURLToPath(new URL("../app/src", import.meta.url)) } },
  server: { port: 5174, proxy: { "/api": server, "/theme.js": server, "/favicon.svg": server } },
  build: {
    target: "es2022",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
});
