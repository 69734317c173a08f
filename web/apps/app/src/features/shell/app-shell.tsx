import { Trans, useLingui } from "@lingui/react/macro";
import { needWords } from "@parlance/i18n";
import { lazy, Suspense, useEffect, type ComponentType, type ReactNode } from "react";
import { navigate } from "@/lib/navigation";
import { openHelp, openPalette } from "@/features/commands/open";
import { useCommands } from "@/features/commands/registry";
import { useSession } from "@/features/session/use-session";
import { useShortcuts } from "@/features/shortcuts/shortcuts";
import { useBaseCommands } from "./base-commands";
import { Sidebar } from "./sidebar";
import { toggleSidebar, useSidebar } from "./sidebar-state";

const loadDrawer = () => import("./drawer");
const Drawer = lazy(loadDrawer);
/** A line over each page, with its words. */
const banner = <T,>(load: () => Promise<{ default: ComponentType<T> }>) =>
  lazy(() => needWords("account").then(load));
const ProofBanner = banner(() => import("@/features/account/proof-banner"));
const ImpersonationBanner = banner(() => import("@/features/administration/impersonation-banner"));

/** The frame of every signed-in page: sidebar and main region. */
export default function AppShell({ children }: { children: ReactNode }) {
  const { t } = useLingui();
  const sidebar = useSidebar();
  const session = useSession();
  const unproved = session?.user.email_verified === false;
  useEffect(() => {
    // A phone's person presses this first: have it ready once the page is quiet.
    if (sidebar.wide) return;
    const timer = setTimeout(() => void loadDrawer(), 1500);
    return () => clearTimeout(timer);
  }, [sidebar.wide]);

  useShortcuts([
    { keys: "mod+k", label: t`Search and commands`, group: t`General`, run: openPalette },
    {
      keys: "mod+shift+o",
      label: t`New chat`,
      group: t`General`,
      run: () => void navigate({ to: "/" }),
    },
    {
      keys: "mod+shift+s",
      label: t`Open or close the sidebar`,
      group: t`General`,
      run: toggleSidebar,
    },
    {
      keys: "mod+,",
      label: t`Settings`,
      group: t`General`,
      run: () => void navigate({ to: "/settings/profile" }),
    },
    { keys: "?", label: t`Keyboard shortcuts`, group: t`General`, run: openHelp },
    { keys: "mod+/", run: openHelp },
  ]);
  const commands = useBaseCommands();
  useCommands(commands);

  return (
    <div className="flex h-dvh overflow-hidden">
      <a
        href="#main"
        className="fixed start-3 top-3 z-50 -translate-y-20 rounded-md bg-accent px-3 py-2 text-sm font-medium text-on-accent focus:translate-y-0"
      >
        <Trans>Skip to content</Trans>
      </a>
      {sidebar.wide && sidebar.expanded && (
        <aside aria-label={t`Sidebar`} className="w-66 shrink-0 border-e border-line">
          <Sidebar />
        </aside>
      )}
      {!sidebar.wide && sidebar.drawer && (
        <Suspense fallback={null}>
          <Drawer label={t`Sidebar`} />
        </Suspense>
      )}
      <main id="main" tabIndex={-1} className="flex min-w-0 flex-1 flex-col outline-none">
        <Suspense fallback={null}>
          {session?.impersonation && <ImpersonationBanner {...session.impersonation} />}
          {unproved && <ProofBanner />}
        </Suspense>
        {children}
      </main>
    </div>
  );
}
