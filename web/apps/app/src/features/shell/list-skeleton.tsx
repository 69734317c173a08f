import { cn, Skeleton } from "@parlance/ui";

/** The shape of the list of conversations. */
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
