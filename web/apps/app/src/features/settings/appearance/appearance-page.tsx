import { useLingui } from "@lingui/react/macro";
import { LOCALE_NAMES, LOCALES } from "@parlance/i18n";
import { cn } from "@parlance/ui";
import { useId, type ReactNode } from "react";
import { chooseLocale, chooseTheme } from "@/features/appearance/preferences";
import { useTheme, type Theme } from "@/features/appearance/theme";
import { Section, SettingsPage } from "../section";

export default function AppearancePage() {
  const { t, i18n } = useLingui();
  const theme = useTheme();
  const themes: { id: Theme; label: string }[] = [
    { id: "system", label: t`System` },
    { id: "light", label: t`Light` },
    { id: "dark", label: t`Dark` },
  ];
  return (
    <SettingsPage
      title={t`Appearance`}
      intro={t`Kept in your profile, so that it follows you to other devices.`}
    >
      <Section title={t`Theme`}>
        <Choice legend={t`Theme`} className="grid max-w-xl grid-cols-1 gap-3 xs:grid-cols-3">
          {(name) =>
            themes.map(({ id, label }) => (
              <Card
                key={id}
                name={name}
                label={label}
                checked={theme === id}
                onChoose={() => void chooseTheme(id)}
              >
                <ThemePreview theme={id} />
              </Card>
            ))
          }
        </Choice>
      </Section>
      <Section title={t`Language`}>
        <Choice legend={t`Language`} className="grid max-w-xl grid-cols-1 gap-3 xs:grid-cols-3">
          {(name) =>
            LOCALES.map((locale) => (
              <Card
                key={locale}
                name={name}
                label={LOCALE_NAMES[locale]}
                lang={locale}
                checked={i18n.locale === locale}
                onChoose={() => void chooseLocale(locale)}
              />
            ))
          }
        </Choice>
      </Section>
    </SettingsPage>
  );
}

function Choice({
  legend,
  className,
  children,
}: {
  legend: string;
  className: string;
  children: (name: string) => ReactNode;
}) {
  const name = useId();
  return (
    <fieldset className={className}>
      <legend className="sr-only">{legend}</legend>
      {children(name)}
    </fieldset>
  );
}

function Card({
  name,
  label,
  lang,
  checked,
  onChoose,
  children,
}: {
  name: string;
  label: string;
  lang?: string;
  checked: boolean;
  onChoose: () => void;
  children?: ReactNode;
}) {
  return (
    <label
      className={cn(
        "relative block cursor-pointer overflow-hidden rounded-lg border bg-surface transition-colors has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-focus",
        checked ? "border-accent ring-1 ring-accent" : "border-line-strong hover:border-control",
      )}
    >
      {children}
      <span className="flex min-h-11 items-center gap-2.5 px-3.5 text-sm font-medium">
        <input
          type="radio"
          name={name}
          checked={checked}
          onChange={onChoose}
          className="size-4 appearance-none rounded-full border-[1.5px] border-control outline-none checked:border-5 checked:border-accent"
        />
        <span lang={lang}>{label}</span>
      </span>
    </label>
  );
}

/** A small drawing of the app in each appearance; the colours are those of the themes. */
function ThemePreview({ theme }: { theme: Theme }) {
  if (theme === "system") {
    return (
      <div aria-hidden className="relative h-22 border-b border-line">
        <div data-theme-preview="light" className="absolute inset-0">
          <Sketch />
        </div>
        <div
          data-theme-preview="dark"
          className="absolute inset-0 [clip-path:polygon(62%_0,100%_0,100%_100%,38%_100%)]"
        >
          <Sketch />
        </div>
      </div>
    );
  }
  return (
    <div aria-hidden data-theme-preview={theme} className="h-22 border-b border-line">
      <Sketch />
    </div>
  );
}

function Sketch() {
  return (
    <div className="flex h-full bg-canvas">
      <div className="w-1/4 space-y-1.5 border-e border-line bg-sidebar p-2">
        <div className="h-1.5 w-3/4 rounded-full bg-line-strong" />
        <div className="h-1.5 rounded-full bg-line" />
        <div className="h-1.5 w-2/3 rounded-full bg-line" />
      </div>
      <div className="flex flex-1 flex-col gap-1.5 p-2.5">
        <div className="ms-auto h-3 w-2/5 rounded-full bg-bubble" />
        <div className="h-1.5 w-4/5 rounded-full bg-line-strong" />
        <div className="h-1.5 w-3/5 rounded-full bg-line-strong" />
        <div className="mt-auto flex h-4 items-center justify-end rounded-full border border-line-strong bg-surface px-1">
          <div className="size-2 rounded-full bg-accent" />
        </div>
      </div>
    </div>
  );
}
