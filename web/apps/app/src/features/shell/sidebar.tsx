import { Trans, useLingui } from "@lingui/react/macro";
import { cn, IconButton, LogoMark, Wordmark } from "@parlance/ui";
import { Command, PanelLeft, SquarePen } from "lucide-react";
import { lazy, Suspense } from "react";
import { openPalette } from "@/features/commands/open";
import { showKeys } from "@/features/shortcuts/shortcuts";
import { ListSkeleton } from "./list-skeleton";
import { Link } from "@/lib/navigation";
import { closeDrawer, toggleSidebar, useSidebar } from "./sidebar-state";
import { UserMenu } from "./user-menu";

const ConversationList = lazy(() => import("@/features/conversations/conversation-list"));
const MonthUsage = lazy(() => import("./month-usage"));

export function Sidebar({ className }: { className?: string }) {
  const { t } = useLingui();
  const { wide } = useSidebar();
  return (
    <div className={cn("flex h-full flex-col bg-sidebar", className)}>
      <div className="flex h-14 shrink-0 items-center ps-4.5 pe-2.5">
        <Link to="/" className="flex items-center gap-2 rounded-sm" onClick={closeDrawer}>
          <LogoMark className="size-5.5" />
          <Wordmark className="h-5.5" />
        </Link>
        <span className="flex-1" />
        <IconButton
          label={t`Search and commands`}
          keys={showKeys("mod+k")}
          onClick={() => {
            closeDrawer();
            openPalette();
          }}
        >
          <Command size={17} aria-hidden />
        </IconButton>
        <IconButton
          label={wide ? t`Close sidebar` : t`Close`}
          keys={wide ? showKeys("mod+shift+s") : undefined}
          onClick={toggleSidebar}
        >
          <PanelLeft size={18} aria-hidden />
        </IconButton>
      </div>
      <div className="px-2.5 pb-2">
        <Link
          to="/"
          onClick={closeDrawer}
          className="flex h-9 w-full items-center gap-2.5 rounded-md px-2.5 text-sm transition-colors hover:bg-hover touch:h-11"
        >
          <span aria-hidden className="grid size-5 place-items-center text-muted">
            <SquarePen size={17} />
          </span>
          <Trans>New chat</Trans>
        </Link>
      </div>
      <nav aria-label={t`Conversations`} className="min-h-0 flex-1">
        <Suspense fallback={<ListSkeleton />}>
          <ConversationList />
        </Suspense>
      </nav>
      <div className="shrink-0 space-y-px border-t border-line p-2.5 pb-[max(0.625rem,env(safe-area-inset-bottom))]">
        <Suspense fallback={<div className="h-8 touch:h-11" />}>
          <MonthUsage />
        </Suspense>
        <UserMenu />
      </div>
    </div>
  );
}
