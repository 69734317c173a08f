import { useLingui } from "@lingui/react/macro";
import { cn, IconButton } from "@parlance/ui";
import { PanelLeft, SquarePen } from "lucide-react";
import type { ReactNode } from "react";
import { navigate } from "@/lib/navigation";
import { showKeys } from "@/features/shortcuts/shortcuts";
import { toggleSidebar, useSidebar } from "./sidebar-state";

/** The bar over a page. Holds the way back to the sidebar when that is folded away. */
export function PageHeader({ children, className }: { children?: ReactNode; className?: string }) {
  const { t } = useLingui();
  const sidebar = useSidebar();
  return (
    <header className={cn("flex h-14 shrink-0 items-center gap-1 px-2.5", className)}>
      {!(sidebar.wide && sidebar.expanded) && (
        <>
          <IconButton
            label={t`Open sidebar`}
            keys={showKeys("mod+shift+s")}
            aria-expanded={sidebar.wide ? false : sidebar.drawer}
            onClick={toggleSidebar}
          >
            <PanelLeft size={18} aria-hidden />
          </IconButton>
          <IconButton
            label={t`New chat`}
            keys={showKeys("mod+shift+o")}
            onClick={() => void navigate({ to: "/" })}
          >
            <SquarePen size={18} aria-hidden />
          </IconButton>
        </>
      )}
      {children}
    </header>
  );
}
