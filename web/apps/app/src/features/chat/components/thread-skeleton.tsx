import { useLingui } from "@lingui/react/macro";
import { Skeleton } from "@parlance/ui";

/** The shape of a conversation while it is on its way. */
export function ThreadSkeleton() {
  const { t } = useLingui();
  return (
    <div role="status" aria-label={t`Loading messages`} className="min-h-0 flex-1 overflow-hidden">
      <div className="mx-auto w-full max-w-3xl space-y-8 px-4 pt-6 sm:px-6">
        <Skeleton className="ms-auto h-11 w-3/5 rounded-2xl" />
        <div className="space-y-3">
          <Skeleton className="h-4 w-full" />
          <Skeleton className="h-4 w-11/12" />
          <Skeleton className="h-4 w-4/5" />
          <Skeleton className="h-4 w-2/5" />
        </div>
        <Skeleton className="ms-auto h-11 w-2/5 rounded-2xl" />
        <div className="space-y-3">
          <Skeleton className="h-4 w-full" />
          <Skeleton className="h-4 w-3/5" />
        </div>
      </div>
    </div>
  );
}
