import { Trans, useLingui } from "@lingui/react/macro";
import { cn, IconButton, Kbd, LogoMark, Skeleton, Wordmark } from "@parlance/ui";
import { Link } from "@tanstack/react-router";
import { PanelLeft, Search, SquarePen } from "lucide-react";
import { lazy, Suspense, type ReactNode } from "react";
import { openPalette } from "@/features/commands/open";
import { showKeys } from "@/features/shortcuts/shortcuts";
import { closeDrawer, toggleSidebar, useSidebar } from "./sidebar-state";
import { UserMenu } from "./user-menu";

const ConversationList = lazy(() => import("@/features/conversations/conversation-list"));
const MonthUsage = lazy(() => import("./month-usage"));

const rowClass =
  "flex h-9 w-full items-center gap-2.5 rounded-md px-2.5 text-sm text-fg transition-colors hover:bg-hover touch:h-11";

export function Sidebar({ className }: { className?: string }) {
  const { t } = useLingui();
  const { wide } = useSidebar();
  return (
    <div className={cn("flex h-full flex-col bg-sidebar", className)}>
      <div className="flex h-14 shrink-0 items-center justify-between ps-4.5 pe-2.5">
        <Link to="/" className="flex items-center gap-2 rounded-sm" onClick={closeDrawer}>
          <LogoMark className="size-5.5" />
          <Wordmark className="h-5.5" />
        </Link>
        <IconButton
          label={wide ? t`Close sidebar` : t`Close`}
          keys={wide ? showKeys("mod+shift+s") : undefined}
          onClick={toggleSidebar}
        >
          <PanelLeft size={18} aria-hidden />
        </IconButton>
      </div>
      <div className="space-y-px px-2.5 pb-2">
        <Link to="/" className={rowClass} onClick={closeDrawer}>
          <RowIcon>
            <SquarePen size={17} />
          </RowIcon>
          <Trans>New chat</Trans>
        </Link>
        <button
          type="button"
          className={cn(rowClass, "group")}
          onClick={() => {
            closeDrawer();
            openPalette();
          }}
        >
          <RowIcon>
            <Search size={17} />
          </RowIcon>
          <span className="flex-1 text-start">
            <Trans>Search</Trans>
          </span>
          <Kbd className="bg-transparent opacity-0 transition-opacity group-hover:opacity-100 group-focus-visible:opacity-100 touch:hidden">
            {showKeys("mod+k")}
          </Kbd>
        </button>
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

function RowIcon({ children }: { children: ReactNode }) {
  return (
    <span aria-hidden className="grid size-5 place-items-center text-muted">
      {children}
    </span>
  );
}

export function ListSkeleton() {
  return (
    <div className="space-y-3.5 px-5 pt-4" aria-hidden>
      <Skeleton className="h-3 w-16" />
      {["w-4/5", "w-3/5", "w-11/12", "w-2/3", "w-3/4"].map((width) => (
        <Skeleton key={width} className={cn("h-4", width)} />
      ))}
    </div>
  );
}
