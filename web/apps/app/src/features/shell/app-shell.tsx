import { Trans, useLingui } from "@lingui/react/macro";
import { Outlet, useNavigate, useRouterState } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { openHelp, openPalette } from "@/features/commands/open";
import { useCommands } from "@/features/commands/registry";
import { useShortcuts } from "@/features/shortcuts/shortcuts";
import { useBaseCommands } from "./base-commands";
import { Sidebar } from "./sidebar";
import { closeDrawer, toggleSidebar, useSidebar } from "./sidebar-state";

/** The frame of every signed-in page: sidebar and main region. */
export function AppShell() {
  const { t } = useLingui();
  const navigate = useNavigate();
  const sidebar = useSidebar();
  const path = useRouterState({ select: (router) => router.location.pathname });
  useEffect(closeDrawer, [path]);

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
      {!sidebar.wide && <Drawer open={sidebar.drawer} label={t`Sidebar`} />}
      <main id="main" tabIndex={-1} className="flex min-w-0 flex-1 flex-col outline-none">
        <Outlet />
      </main>
    </div>
  );
}

/** The sidebar over the page. The platform's modal dialog traps focus and makes the rest inert. */
function Drawer({ open, label }: { open: boolean; label: string }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (open) dialog.current?.showModal();
    else dialog.current?.close();
  }, [open]);
  return (
    // The click handler is for the backdrop only; the keyboard has Escape and the close button.
    <dialog
      ref={dialog}
      aria-label={label}
      onClose={closeDrawer}
      onClick={(event) => event.target === event.currentTarget && closeDrawer()}
      className="m-0 h-dvh max-h-none w-[min(19rem,calc(100vw-3rem))] max-w-none overflow-hidden border-e border-line bg-sidebar text-fg shadow-lg backdrop:animate-fade backdrop:bg-backdrop open:animate-slide"
    >
      {open && <Sidebar />}
    </dialog>
  );
}
