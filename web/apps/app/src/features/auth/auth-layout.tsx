import { useLingui } from "@lingui/react/macro";
import { i18n, activateLocale, LOCALE_NAMES, LOCALES } from "@parlance/i18n";
import { LogoMark, MenuButton, Wordmark } from "@parlance/ui";
import { Languages } from "lucide-react";
import type { ReactNode } from "react";
import { AuthScene } from "./auth-scene";

/** The frame of the pages before sign-in. */
export function AuthLayout({
  title,
  subtitle,
  children,
  footer,
}: {
  title: ReactNode;
  subtitle?: ReactNode;
  children: ReactNode;
  footer?: ReactNode;
}) {
  const { t } = useLingui();
  const locale = LOCALES.find((known) => known === i18n.locale) ?? "en";
  return (
    <div className="grid min-h-dvh lg:grid-cols-[minmax(28rem,1fr)_1.15fr]">
      <div className="flex flex-col">
        <header className="flex h-16 items-center justify-between px-5 sm:px-8">
          <div className="flex items-center gap-2">
            <LogoMark />
            <Wordmark />
          </div>
          <MenuButton
            align="end"
            aria-label={t`Language: ${LOCALE_NAMES[locale]}`}
            items={LOCALES.map((known) => ({
              label: LOCALE_NAMES[known],
              checked: known === locale,
              onSelect: () => void activateLocale(known),
            }))}
            className="flex h-9 items-center gap-2 rounded-md px-2.5 text-sm text-muted transition-colors hover:bg-hover hover:text-fg touch:h-11"
          >
            <Languages size={16} aria-hidden />
            {LOCALE_NAMES[locale]}
          </MenuButton>
        </header>
        <main className="grid flex-1 place-items-center px-5 py-8">
          <div className="w-full max-w-sm pb-[6vh]">
            <h1 className="font-display text-[2rem] leading-tight font-medium tracking-tight">
              {title}
            </h1>
            {subtitle && <p className="mt-2 text-muted">{subtitle}</p>}
            <div className="mt-8">{children}</div>
            {footer && <p className="mt-8 text-sm text-muted">{footer}</p>}
          </div>
        </main>
      </div>
      <AuthScene />
    </div>
  );
}
