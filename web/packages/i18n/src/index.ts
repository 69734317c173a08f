/**
 * Languages of the interface: which there are, which one to use, and formats that follow it.
 * Catalogues are loaded on demand; a person downloads one language.
 */
import { i18n, type Messages } from "@lingui/core";

export { i18n };
export * from "./format";

export const LOCALES = ["en", "vi"] as const;
export type Locale = (typeof LOCALES)[number];
export const LOCALE_NAMES: Record<Locale, string> = { en: "English", vi: "Tiếng Việt" };

const STORAGE_KEY = "parlance.locale";

/** Parts of the interface whose words load together with their pages. */
export type Area = "app" | "account" | "chat" | "conversation" | "settings" | "gateway";

const catalogs: Record<Locale, Record<Area, () => Promise<{ messages: Messages }>>> = {
  en: {
    app: () => import("./locales/en/app.po"),
    account: () => import("./locales/en/account.po"),
    chat: () => import("./locales/en/chat.po"),
    conversation: () => import("./locales/en/conversation.po"),
    settings: () => import("./locales/en/settings.po"),
    gateway: () => import("./locales/en/gateway.po"),
  },
  vi: {
    app: () => import("./locales/vi/app.po"),
    account: () => import("./locales/vi/account.po"),
    chat: () => import("./locales/vi/chat.po"),
    conversation: () => import("./locales/vi/conversation.po"),
    settings: () => import("./locales/vi/settings.po"),
    gateway: () => import("./locales/vi/gateway.po"),
  },
};

const wanted = new Set<Area>(["app"]);

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
  const parts = await Promise.all([...wanted].map((area) => catalogs[locale][area]()));
  for (const { messages } of parts) i18n.load(locale, messages);
  i18n.activate(locale);
  if (typeof document !== "undefined") document.documentElement.lang = locale;
  try {
    localStorage.setItem(STORAGE_KEY, locale);
  } catch {
    // Storage is forbidden: the profile's language still applies after sign-in.
  }
}

/** Loads the words of an area in the current language; later languages bring them along. */
export async function needWords(area: Area): Promise<void> {
  wanted.add(area);
  const locale = LOCALES.find((known) => known === i18n.locale);
  // Before the first language is active there is nothing to add to: activation loads the area.
  if (!locale) return;
  const { messages } = await catalogs[locale][area]();
  i18n.load(locale, messages);
}

function stored(): string | null {
  try {
    return localStorage.getItem(STORAGE_KEY);
  } catch {
    return null;
  }
}
