/** Language and theme: applied here at once, kept in the profile, and taken from it at sign-in. */
import { getSession, patchSessionUser, updateMe, type User } from "@parlance/api";
import { activateLocale, i18n, type Locale } from "@parlance/i18n";
import { toastError } from "@/lib/errors";
import { setTheme, type Theme } from "./theme";

/** Brings this browser in line with a person's profile. */
export async function applyProfile(user: User): Promise<void> {
  setTheme(user.theme);
  if (user.locale !== i18n.locale) await activateLocale(user.locale);
}

export async function chooseLocale(locale: Locale): Promise<void> {
  await activateLocale(locale);
  await save({ locale });
}

export async function chooseTheme(theme: Theme): Promise<void> {
  setTheme(theme);
  await save({ theme });
}

async function save(body: { locale?: Locale; theme?: Theme }): Promise<void> {
  if (!getSession().session) return;
  try {
    patchSessionUser(await updateMe({ body }));
  } catch (error) {
    toastError(error);
  }
}
