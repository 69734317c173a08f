import { useLingui } from "@lingui/react/macro";
import { LOCALE_NAMES, LOCALES } from "@parlance/i18n";
import { MenuButton, type MenuEntry } from "@parlance/ui";
import { useQuery } from "@tanstack/react-query";
import {
  Building2,
  ChevronsUpDown,
  Keyboard,
  Languages,
  LogOut,
  Monitor,
  Moon,
  Plus,
  Settings,
  Sun,
  SunMoon,
  UserRound,
} from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { navigate } from "@/lib/navigation";
import { chooseLocale, chooseTheme } from "@/features/appearance/preferences";
import { useTheme } from "@/features/appearance/theme";
import { openHelp } from "@/features/commands/open";
import { enterWorkspace, meQuery, signOut } from "@/features/session/actions";
import { useSession } from "@/features/session/use-session";
import { UserAvatar } from "@/features/session/user-avatar";
import { showKeys } from "@/features/shortcuts/shortcuts";
import { closeDrawer } from "./sidebar-state";

const NewWorkspaceDialog = lazy(() => import("./new-workspace-dialog"));

export function UserMenu() {
  const { t, i18n } = useLingui();
  const session = useSession();
  const theme = useTheme();
  const { data: me } = useQuery({ ...meQuery(), enabled: session !== null });
  const [creating, setCreating] = useState(false);
  if (!session) return null;
  const { user, workspace } = session;

  const items = (): MenuEntry[] => {
    const workspaces = me?.workspaces ?? [workspace];
    return [
      { heading: t`Workspaces` },
      ...workspaces.map((entry) => ({
        label: entry.name,
        icon: entry.personal ? <UserRound size={16} /> : <Building2 size={16} />,
        detail: entry.personal ? t`Personal` : undefined,
        checked: entry.id === workspace.id,
        onSelect: () => {
          closeDrawer();
          if (entry.id !== workspace.id) void enterWorkspace(entry.id, () => navigate({ to: "/" }));
        },
      })),
      { label: t`New workspace…`, icon: <Plus size={16} />, onSelect: () => setCreating(true) },
      "separator",
      {
        label: t`Settings`,
        icon: <Settings size={16} />,
        keys: showKeys("mod+,"),
        onSelect: () => {
          closeDrawer();
          void navigate({ to: "/settings/profile" });
        },
      },
      {
        label: t`Theme`,
        icon: <SunMoon size={16} />,
        submenu: [
          { id: "system" as const, label: t`System`, icon: <Monitor size={16} /> },
          { id: "light" as const, label: t`Light`, icon: <Sun size={16} /> },
          { id: "dark" as const, label: t`Dark`, icon: <Moon size={16} /> },
        ].map(({ id, label, icon }) => ({
          label,
          icon,
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
          onSelect: () => void chooseLocale(locale),
        })),
      },
      {
        label: t`Keyboard shortcuts`,
        icon: <Keyboard size={16} />,
        keys: "?",
        onSelect: () => {
          closeDrawer();
          openHelp();
        },
      },
      "separator",
      { label: t`Log out`, icon: <LogOut size={16} />, onSelect: () => void signOut() },
    ];
  };

  return (
    <>
      <MenuButton
        items={items}
        side="top"
        matchWidth
        header={<p className="truncate text-sm text-muted">{user.email}</p>}
        className="flex h-12 w-full items-center gap-2.5 rounded-md px-2 text-start transition-colors hover:bg-hover data-open:bg-hover"
      >
        <UserAvatar id={user.id} name={user.name || user.email} url={user.avatar_url} />
        <span className="sr-only">{t`Account:`} </span>
        <span className="min-w-0 flex-1 leading-tight">
          <span className="block truncate text-sm font-medium">{user.name || user.email}</span>
          <span className="block truncate text-xs text-subtle">
            {workspace.personal ? t`Personal` : workspace.name}
          </span>
        </span>
        <ChevronsUpDown size={15} className="shrink-0 text-subtle" aria-hidden />
      </MenuButton>
      {creating && (
        <Suspense fallback={null}>
          <NewWorkspaceDialog onClose={() => setCreating(false)} />
        </Suspense>
      )}
    </>
  );
}
