import { fileURLToPath } from "node:url";
import { defineConfig } from "@lingui/conf";
import { formatter } from "@lingui/format-po";

const chat = [
  "<rootDir>/apps/app/src/features/chat",
  "<rootDir>/apps/app/src/features/conversations",
  "<rootDir>/apps/app/src/features/models",
  "<rootDir>/packages/chat-core/src",
];

/** What only a conversation that exists shows: it comes after the first screen. */
const conversation = [
  "<rootDir>/apps/app/src/features/sharing",
  "<rootDir>/apps/app/src/features/chat/conversation-view.tsx",
  "<rootDir>/apps/app/src/features/chat/components/assistant-message.tsx",
];

const account = [
  "<rootDir>/apps/app/src/features/account",
  "<rootDir>/apps/app/src/features/administration",
  "<rootDir>/apps/app/src/features/federation",
];

const settings = ["<rootDir>/apps/app/src/features/settings"];

const gateway = [
  "<rootDir>/apps/app/src/features/budgets",
  "<rootDir>/apps/app/src/features/guardrails",
  "<rootDir>/apps/app/src/features/keys",
  "<rootDir>/apps/app/src/features/routing",
];

/**
 * Seven catalogues per language: the frame, the pages that letters lead to, the chat, its conversations, the settings, those
 * of the gateway, and the administration. Each loads with its pages.
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
      exclude: [
        "**/*.test.*",
        ...[...account, ...chat, ...conversation, ...settings, ...gateway].map(
          (folder) => `${folder}/**`,
        ),
      ],
    },
    {
      path: "<rootDir>/packages/i18n/src/locales/{locale}/account",
      include: account,
      exclude: ["**/*.test.*"],
    },
    {
      path: "<rootDir>/packages/i18n/src/locales/{locale}/settings",
      include: settings,
      exclude: ["**/*.test.*"],
    },
    {
      path: "<rootDir>/packages/i18n/src/locales/{locale}/gateway",
      include: gateway,
      exclude: ["**/*.test.*"],
    },
    {
      path: "<rootDir>/packages/i18n/src/locales/{locale}/admin",
      include: ["<rootDir>/apps/admin/src"],
      exclude: ["**/*.test.*"],
    },
    {
      path: "<rootDir>/packages/i18n/src/locales/{locale}/chat",
      include: chat,
      exclude: ["**/*.test.*", ...conversation],
    },
    {
      path: "<rootDir>/packages/i18n/src/locales/{locale}/conversation",
      include: conversation,
      exclude: ["**/*.test.*"],
    },
  ],
});
