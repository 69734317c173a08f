import { useLingui } from "@lingui/react/macro";
import { LOCALE_NAMES, LOCALES } from "@parlance/i18n";
import {
  Building2,
  ChartNoAxesColumn,
  Keyboard,
  KeyRound,
  Languages,
  LogOut,
  MonitorSmartphone,
  Palette,
  PiggyBank,
  Plug,
  ScanEye,
  Shield,
  Split,
  SquarePen,
  SunMoon,
  UserRound,
  UsersRound,
} from "lucide-react";
import { useMemo } from "react";
import { navigate } from "@/lib/navigation";
import { chooseLocale, chooseTheme } from "@/features/appearance/preferences";
import { useTheme } from "@/features/appearance/theme";
import { openHelp } from "@/features/commands/open";
import type { Command } from "@/features/commands/registry";
import { signOut } from "@/features/session/actions";
import { useSession } from "@/features/session/use-session";
import { showKeys } from "@/features/shortcuts/shortcuts";

/** The commands that exist on every signed-in page. */
export function useBaseCommands(): Command[] {
  const { t, i18n } = useLingui();
  const theme = useTheme();
  const permissions = useSession()?.permissions;
  return useMemo(() => {
    const held: readonly string[] = permissions ?? [];
    const go = t`Go to`;
    const preferences = t`Preferences`;
    const icon = { size: 17, "aria-hidden": true } as const;
    return [
      {
        id: "conversation.new",
        label: t`New chat`,
        group: t`Actions`,
        icon: <SquarePen {...icon} />,
        keys: showKeys("mod+shift+o"),
        weight: 10,
        run: () => void navigate({ to: "/" }),
      },
      {
        id: "settings.profile",
        label: t`Profile`,
        group: go,
        icon: <UserRound {...icon} />,
        keywords: t`settings name picture avatar`,
        keys: showKeys("mod+,"),
        run: () => void navigate({ to: "/settings/profile" }),
      },
      {
        id: "settings.appearance",
        label: t`Appearance`,
        group: go,
        icon: <Palette {...icon} />,
        keywords: t`settings theme language`,
        run: () => void navigate({ to: "/settings/appearance" }),
      },
      {
        id: "settings.sessions",
        label: t`Sessions`,
        group: go,
        icon: <MonitorSmartphone {...icon} />,
        keywords: t`settings devices sign out`,
        run: () => void navigate({ to: "/settings/sessions" }),
      },
      {
        id: "settings.security",
        label: t`Security`,
        group: go,
        icon: <Shield {...icon} />,
        keywords: t`settings password`,
        run: () => void navigate({ to: "/settings/security" }),
      },
      {
        id: "settings.workspace",
        label: t`Workspace`,
        group: go,
        icon: <Building2 {...icon} />,
        keywords: t`settings members team`,
        run: () => void navigate({ to: "/settings/workspace" }),
      },
      {
        id: "settings.usage",
        label: t`Usage`,
        group: go,
        icon: <ChartNoAxesColumn {...icon} />,
        keywords: t`settings cost tokens spending`,
        run: () => void navigate({ to: "/settings/usage" }),
      },
      ...(
        [
          {
            to: "groups",
            label: t`Groups`,
            icon: <UsersRound {...icon} />,
            keywords: t`settings members team department`,
            opens: "groups.read",
          },
          {
            to: "budgets",
            label: t`Budgets`,
            icon: <PiggyBank {...icon} />,
            keywords: t`settings limits spend cap`,
            opens: "budgets.read",
          },
          {
            to: "guardrails",
            label: t`Guardrails`,
            icon: <ScanEye {...icon} />,
            keywords: t`settings privacy redact blocked terms`,
            opens: "guardrails.manage",
          },
          {
            to: "keys",
            label: t`API keys`,
            icon: <KeyRound {...icon} />,
            keywords: t`settings developers secret token`,
            opens: "keys.create",
          },
          {
            to: "routing",
            label: t`Routing`,
            icon: <Split {...icon} />,
            keywords: t`settings developers routes fallback`,
            opens: "routes.read",
          },
          {
            to: "providers",
            label: t`Providers`,
            icon: <Plug {...icon} />,
            keywords: t`settings developers connections health`,
            opens: "routes.read",
          },
        ] as const
      )
        .filter(({ opens }) => held.includes(opens))
        .map(({ to, label, icon: picture, keywords }) => ({
          id: `settings.${to}`,
          label,
          group: go,
          icon: picture,
          keywords,
          run: () => void navigate({ to: `/settings/${to}` }),
        })),
      ...[
        { id: "system" as const, label: t`Theme: System` },
        { id: "light" as const, label: t`Theme: Light` },
        { id: "dark" as const, label: t`Theme: Dark` },
      ].map(({ id, label }) => ({
        id: `theme.${id}`,
        label,
        group: preferences,
        icon: <SunMoon {...icon} />,
        checked: theme === id,
        run: () => void chooseTheme(id),
      })),
      ...LOCALES.map((locale) => ({
        id: `locale.${locale}`,
        label: t`Language: ${LOCALE_NAMES[locale]}`,
        group: preferences,
        icon: <Languages {...icon} />,
        checked: i18n.locale === locale,
        run: () => void chooseLocale(locale),
      })),
      {
        id: "help.shortcuts",
        label: t`Keyboard shortcuts`,
        group: t`Help`,
        icon: <Keyboard {...icon} />,
        keys: "?",
        run: openHelp,
      },
      {
        id: "session.end",
        label: t`Log out`,
        group: t`Help`,
        icon: <LogOut {...icon} />,
        weight: -10,
        run: () => void signOut(),
      },
    ];
  }, [t, i18n.locale, theme, permissions]);
}
