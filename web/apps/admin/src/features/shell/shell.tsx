import { Trans, useLingui } from "@lingui/react/macro";
import { i18n, LOCALE_NAMES, LOCALES } from "@parlance/i18n";
import { LogoMark, MenuButton, cn, type MenuEntry } from "@parlance/ui";
import {
  ArrowLeft,
  Building2,
  Languages,
  LogOut,
  Monitor,
  Moon,
  ScrollText,
  Sun,
  SunMoon,
  UserRound,
  UsersRound,
} from "lucide-react";
import type { ReactNode } from "react";
import { Link, useLocation } from "wouter";
import { chooseTheme } from "@/features/appearance/preferences";
import { useTheme } from "@/features/appearance/theme";
import { signOut } from "@/features/session/actions";
import { useSession } from "@/features/session/use-session";
import { speak } from "../../words";

/** The frame of every page: where one can go, and who one is. */
export function Shell({ children }: { children: ReactNode }) {
  const { t } = useLingui();
  const [path] = useLocation();
  const user = useSession()?.user;
  const theme = useTheme();
  const icon = { size: 17, "aria-hidden": true } as const;
  const pages = [
    { to: "/workspaces", label: t`Workspaces`, icon: <Building2 {...icon} /> },
    { to: "/users", label: t`Users`, icon: <UsersRound {...icon} /> },
    { to: "/audit", label: t`Audit log`, icon: <ScrollText {...icon} /> },
  ];
  const items = (): MenuEntry[] => [
    {
      label: t`Theme`,
      icon: <SunMoon size={16} />,
      submenu: [
        { id: "system" as const, label: t`System`, icon: <Monitor size={16} /> },
        { id: "light" as const, label: t`Light`, icon: <Sun size={16} /> },
        { id: "dark" as const, label: t`Dark`, icon: <Moon size={16} /> },
      ].map(({ id, label, icon: mark }) => ({
        label,
        icon: mark,
        checked: theme === id,
        onSelect: () => void chooseTheme(id),
      })),
    },
    {
      label: t`Language`,
      icon: <Languages size={16} />,
      submenu: LOCALES.map((locale) => ({
        label: LOCALE_NAMES[locale],
        checked: i18n.locale === locale,
        onSelect: () => void speak(locale),
      })),
    },
    { label: t`Log out`, icon: <LogOut size={16} />, onSelect: () => void signOut() },
  ];
  return (
    <div className="min-h-dvh lg:flex">
      <a
        href="#main"
        className="fixed start-3 top-3 z-50 -translate-y-20 rounded-md bg-accent px-3 py-2 text-sm font-medium text-on-accent focus:translate-y-0"
      >
        <Trans>Skip to content</Trans>
      </a>
      <header className="sticky top-0 z-20 border-line bg-sidebar max-lg:border-b lg:flex lg:h-dvh lg:w-60 lg:shrink-0 lg:flex-col lg:border-e">
        <div className="flex h-14 items-center gap-2.5 px-4 lg:h-16">
          <LogoMark />
          <span className="font-semibold">
            <Trans>Administration</Trans>
          </span>
          <span className="flex-1" />
          <span className="lg:hidden">{menu()}</span>
        </div>
        <nav
          aria-label={t`Administration`}
          className="flex gap-1 overflow-x-auto px-3 pb-2 lg:flex-1 lg:flex-col lg:gap-px"
        >
          {pages.map(({ to, label, icon: mark }) => {
            const active = path.startsWith(to);
            return (
              <Link
                key={to}
                href={to}
                aria-current={active ? "page" : undefined}
                className={cn(
                  "flex h-9 shrink-0 items-center gap-2.5 rounded-md px-2.5 text-sm transition-colors hover:bg-hover touch:h-11",
                  active ? "bg-active font-medium" : "text-muted",
                )}
              >
                {mark}
                {label}
              </Link>
            );
          })}
          <a
            href="/"
            className="flex h-9 shrink-0 items-center gap-2.5 rounded-md px-2.5 text-sm text-muted transition-colors hover:bg-hover lg:mt-auto touch:h-11"
          >
            <ArrowLeft {...icon} />
            <Trans>Back to the chat</Trans>
          </a>
        </nav>
        <div className="border-t border-line p-3 max-lg:hidden">{menu()}</div>
      </header>
      <main id="main" tabIndex={-1} className="min-w-0 flex-1 outline-none">
        <div className="mx-auto max-w-6xl px-4 pt-8 pb-20 sm:px-8">{children}</div>
      </main>
    </div>
  );

  function menu() {
    return (
      <MenuButton
        align="end"
        header={<p className="truncate text-sm text-muted">{user?.email}</p>}
        items={items}
        className="flex h-9 w-full min-w-0 items-center gap-2.5 rounded-md px-2.5 text-start text-sm text-muted transition-colors hover:bg-hover touch:h-11"
      >
        <UserRound size={17} aria-hidden className="shrink-0" />
        <span className="sr-only">{t`Options`}</span>
        <span className="truncate max-lg:hidden">{user?.name || user?.email}</span>
      </MenuButton>
    );
  }
}
