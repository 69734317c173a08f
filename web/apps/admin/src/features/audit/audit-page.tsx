/** What concerns no one workspace: accounts, administrators, keys that sign. */
import { Trans, useLingui } from "@lingui/react/macro";
import { listPlatformAuditEntries } from "@parlance/api";
import { Button, EmptyState, NativeSelect, Skeleton } from "@parlance/ui";
import { infiniteQueryOptions, useInfiniteQuery } from "@tanstack/react-query";
import { ScrollText } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { EntryRow } from "@/features/settings/audit/entry-row";
import { platformStream } from "@/features/settings/audit/streams";
import { Panel } from "@/features/settings/section";
import { LoadError } from "@/lib/load-error";
import { PageTitle } from "../shell/page";

const StreamSection = lazy(() => import("@/features/settings/audit/stream-section"));

const entriesQuery = (area: string) =>
  infiniteQueryOptions({
    queryKey: ["platform", "audit", area],
    queryFn: ({ pageParam, signal }) =>
      listPlatformAuditEntries({
        query: {
          limit: 30,
          cursor: pageParam ?? undefined,
          action: area ? `${area}.*` : undefined,
        },
        signal,
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    staleTime: 0,
  });

export default function AuditPage() {
  const { t } = useLingui();
  const [area, setArea] = useState("");
  const list = useInfiniteQuery(entriesQuery(area));
  const rows = list.data?.pages.flatMap((page) => page.data);
  return (
    <>
      <PageTitle title={t`Audit log`} />
      <p className="-mt-3 mb-5 max-w-prose text-muted">
        <Trans>
          What concerns no one workspace. What happens in a workspace stands in its own log.
        </Trans>
      </p>
      <div className="mb-8">
        <Suspense fallback={<Skeleton className="h-24" />}>
          <StreamSection api={platformStream} />
        </Suspense>
      </div>
      <div className="mb-4 flex">
        <NativeSelect
          aria-label={t`What`}
          value={area}
          onChange={(event) => setArea(event.target.value)}
        >
          <option value="">{t`Everything`}</option>
          <option value="user">{t`Accounts`}</option>
          <option value="login">{t`Sign-ins`}</option>
          <option value="session">{t`Sessions`}</option>
          <option value="second_factor">{t`Second factors`}</option>
          <option value="identity">{t`Accounts elsewhere`}</option>
          <option value="platform">{t`Platform`}</option>
          <option value="audit_stream">{t`Streaming`}</option>
        </NativeSelect>
      </div>
      <Panel>
        {list.error && !rows ? (
          <LoadError error={list.error} onRetry={() => void list.refetch()} />
        ) : !rows ? (
          <div aria-busy className="space-y-2 px-4 py-3.5">
            <Skeleton className="h-4 w-56 max-w-full" />
            <Skeleton className="h-3 w-40" />
          </div>
        ) : rows.length === 0 ? (
          <EmptyState icon={<ScrollText size={20} />} title={t`Nothing of this kind`}>
            <Trans>Nobody did anything like that yet.</Trans>
          </EmptyState>
        ) : (
          <ul className="divide-y divide-line" aria-label={t`Entries`}>
            {rows.map((entry) => (
              <EntryRow key={entry.id} entry={entry} />
            ))}
          </ul>
        )}
      </Panel>
      {list.hasNextPage && (
        <Button
          className="mt-4"
          pending={list.isFetchingNextPage}
          onClick={() => void list.fetchNextPage()}
        >
          {t`Show more`}
        </Button>
      )}
    </>
  );
}
