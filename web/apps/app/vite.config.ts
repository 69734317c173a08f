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
    modulePreload: { polyfill: false },
    // Inlined fonts and images would be fetched by everyone, and the page's policy forbids data: scripts.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    rolldownOptions: {
      output: {
        // Few, larger files: small ones compress badly. What every page needs, what the frame of
        // signed-in pages needs; the rest splits by itself.
        codeSplitting: {
          groups: [
            {
              name: "vendor",
              test: /node_modules\/(react|react-dom|scheduler|use-sync-external-store|clsx|wouter|@tanstack\/(react-query|query-core)|@lingui)\//,
              priority: 3,
            },
            {
              name: "base",
              test: /\/(packages\/(api|i18n)\/src\/.*\.ts$|packages\/ui\/src\/(avatar|button|cn|feedback|logo|menu-button|toast|tooltip)(\.logic)?\.tsx?$|src\/lib\/(?!confirm|use-form|forms)|features\/(session|appearance|shortcuts\/[\w.]+\.ts$|commands\/(open|registry)))/,
              priority: 2,
            },
          ],
        },
      },
    },
  },
});
