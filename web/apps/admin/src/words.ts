/** The words of this bundle, beside those that the shared parts bring. */
import { activateLocale, i18n, LOCALES, type Locale } from "@parlance/i18n";
import type { Messages } from "@lingui/core";

const words: Record<Locale, () => Promise<{ messages: Messages }>> = {
  en: () => import("../../../packages/i18n/src/locales/en/admin.po"),
  vi: () => import("../../../packages/i18n/src/locales/vi/admin.po"),
};
const known = new Set<Locale>();

async function learn(locale: Locale): Promise<void> {
  if (known.has(locale)) return;
  known.add(locale);
  const { messages } = await words[locale]();
  i18n.load(locale, messages);
}

// Shared parts change the language without knowing of these words.
i18n.on("change", () => {
  const locale = LOCALES.find((one) => one === i18n.locale);
  if (locale) void learn(locale);
});

/** Loads a language and makes it the current one. */
export async function speak(locale: Locale): Promise<void> {
  await learn(locale);
  await activateLocale(locale);
}
