import tailwindcss from "@tailwindcss/vite";
import { defineConfig } from "vite";

export default defineConfig({
  base: "/api/docs/",
  plugins: [tailwindcss()],
  server: {
    proxy: { "/api/openapi.json": process.env.PARLANCE_SERVER ?? "http://localhost:4000" },
  },
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 2000,
  },
});
