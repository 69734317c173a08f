/**
 * Languages of the interface: which there are, which one to use, and formats that follow it.
 * Catalogues are loaded on demand; a person downloads one language.
 */
import { i18n } from "@lingui/core";

export { i18n };
export * from "./format";

export const LOCALES = ["en", "vi"] as const;
export type Locale = (typeof LOCALES)[number];
export const LOCALE_NAMES: Record<Locale, string> = { en: "English", vi: "Tiếng Việt" };

const STORAGE_KEY = "parlance.locale";

const catalogs: Record<Locale, () => Promise<{ messages: import("@lingui/core").Messages }[]>> = {
  en: () => Promise.all([import("./locales/en/app.po"), import("./locales/en/chat.po")]),
  vi: () => Promise.all([import("./locales/vi/app.po"), import("./locales/vi/chat.po")]),
};

/** The language to start with: the one chosen here before, else the browser's, else English. */
export function preferredLocale(): Locale {
  const candidates = [stored(), ...(globalThis.navigator?.languages ?? [])];
  for (const candidate of candidates) {
    const locale = LOCALES.find((known) => candidate?.toLowerCase().split("-")[0] === known);
    if (locale) return locale;
  }
  return "en";
}

/** Loads a language and makes it the current one. Remembered in this browser. */
export async function activateLocale(locale: Locale): Promise<void> {
  const parts = await catalogs[locale]();
  i18n.load(locale, Object.assign({}, ...parts.map((part) => part.messages)));
  i18n.activate(locale);
  if (typeof document !== "undefined") document.documentElement.lang = locale;
  try {
    localStorage.setItem(STORAGE_KEY, locale);
  } catch {
    // Storage is forbidden: the profile's language still applies after sign-in.
  }
}

function stored(): string | null {
  try {
    return localStorage.getItem(STORAGE_KEY);
  } catch {
    return null;
  }
}
