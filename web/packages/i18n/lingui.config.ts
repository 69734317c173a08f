import { fileURLToPath } from "node:url";
import { defineConfig } from "@lingui/conf";
import { formatter } from "@lingui/format-po";

const chat = [
  "<rootDir>/apps/app/src/features/chat",
  "<rootDir>/apps/app/src/features/conversations",
  "<rootDir>/apps/app/src/features/models",
  "<rootDir>/packages/chat-core/src",
];

/**
 * Two catalogues per language, so that the chat and the rest of the app can change apart.
 * `npm run i18n:extract` renews them; the build compiles them.
 */
export default defineConfig({
  rootDir: fileURLToPath(new URL("../..", import.meta.url)),
  sourceLocale: "en",
  locales: ["en", "vi"],
  fallbackLocales: false,
  format: formatter({ lineNumbers: false, origins: false }),
  catalogs: [
    {
      path: "<rootDir>/packages/i18n/src/locales/{locale}/app",
      include: ["<rootDir>/apps/app/src", "<rootDir>/packages/ui/src"],
      exclude: ["**/*.test.*", ...chat.map((folder) => `${folder}/**`)],
    },
    {
      path: "<rootDir>/packages/i18n/src/locales/{locale}/chat",
      include: chat,
      exclude: ["**/*.test.*"],
    },
  ],
});
