import { fileURLToPath } from "node:url";
import { splitClient } from "../../packages/api/vite.ts";
import { i18n } from "../../packages/i18n/vite.ts";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

// Few, larger files for the start: small ones compress badly. The rest splits by itself.
const vendor =
  /node_modules\/(react|react-dom|scheduler|use-sync-external-store|clsx|wouter|@tanstack\/(react-query|query-core)|@lingui)\//;
/** What every page needs. */
const base = new RegExp(
  [
    "packages/(api|i18n)/src/.*\\.ts$",
    "packages/ui/src/(avatar|button|cn|feedback|logo|menu-button|toast|tooltip)(\\.logic)?\\.tsx?$",
    "apps/app/src/lib/(?!confirm|use-form|forms|copy|every-page|use-idempotency|decimal)",
    "apps/app/src/features/(session|appearance)/",
    "apps/app/src/features/(shortcuts/[\\w.]+\\.ts|commands/(open|registry)\\.ts)$",
    "apps/app/src/features/shell/(sidebar-state|list-skeleton|shell-skeleton)",
    "lucide-react/dist/esm/(?!icons/)",
    "lucide-react/dist/esm/icons/(eye|eye-off|languages)\\.",
  ].join("|"),
);
/** What a signed-in person sees first: the frame, the list of conversations, a new chat. */
const start =
  /features\/(shell\/(app-shell|month-usage)|conversations\/conversation-list|chat\/chat-page)\.tsx$/;

/** KaTeX's style sheet offers each font three times; every browser that can run this takes WOFF2. */
function katexFonts(): Plugin {
  return {
    name: "parlance-katex-fonts",
    enforce: "pre",
    transform: (code, id) =>
      /katex(?:\.min)?\.css/.test(id)
        ? code.replace(/,\s*url\([^)]*\.(?:woff|ttf)\)\s*format\("(?:woff|truetype)"\)/g, "")
        : null,
  };
}

export default defineConfig({
  plugins: [katexFonts(), i18n(), splitClient(), react(), tailwindcss()],
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
        codeSplitting: {
          groups: [
            { name: "vendor", test: vendor, priority: 3 },
            { name: "base", test: base, priority: 2 },
            { name: "start", test: start, priority: 1 },
            { name: "client", test: /sdk\.gen\.ts\?operation=/, priority: 1 },
          ],
        },
      },
    },
  },
});
