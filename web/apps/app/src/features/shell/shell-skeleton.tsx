import { Skeleton } from "@parlance/ui";
import { ListSkeleton } from "./list-skeleton";
import { useSidebar } from "./sidebar-state";

/** The shape of the app while the session is renewed. */
export function ShellSkeleton() {
  const sidebar = useSidebar();
  return (
    <div className="flex h-dvh" aria-busy>
      {sidebar.wide && sidebar.expanded && (
        <div className="w-66 shrink-0 border-e border-line bg-sidebar">
          <div className="flex h-14 items-center px-4.5">
            <Skeleton className="h-5 w-28" />
          </div>
          <div className="space-y-3.5 px-5 pt-3">
            <Skeleton className="h-4 w-24" />
            <Skeleton className="h-4 w-20" />
          </div>
          <ListSkeleton />
        </div>
      )}
      <div className="flex-1" />
    </div>
  );
}
