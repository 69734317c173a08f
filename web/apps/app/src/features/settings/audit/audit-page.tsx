/** Who changed what in the workspace: searched, opened, exported, and proved to be whole. */
import { Plural, Trans, useLingui } from "@lingui/react/macro";
import { Button, EmptyState, Field, Input, NativeSelect, Skeleton } from "@parlance/ui";
import { useInfiniteQuery, useMutation, useQuery } from "@tanstack/react-query";
import { Download, ScrollText, ShieldAlert, ShieldCheck } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { usePermission } from "@/features/session/use-session";
import { everybodyQuery } from "@/features/settings/groups/queries";
import { NoPermission } from "@/features/settings/no-permission";
import { Panel, Section, SettingsPage } from "@/features/settings/section";
import { toastError } from "@/lib/errors";
import { LoadError } from "@/lib/load-error";
import { AREAS, EVERYTHING, isNarrowed, type AuditFilter } from "./audit.logic";
import { EntryRow } from "./entry-row";
import { auditQuery, exportAudit, verificationQuery } from "./queries";
import { workspaceStream } from "./streams";
import { useAreaNames } from "./use-action-names";

const StreamSection = lazy(() => import("./stream-section"));

export default function AuditPage() {
  const { t } = useLingui();
  const allowed = usePermission("audit.read");
  const streams = usePermission("audit.stream");
  const title = t`Audit log`;
  if (!allowed) return <NoPermission title={title} />;
  return (
    <SettingsPage
      title={title}
      intro={t`Who changed what in this workspace. Entries can't be changed or deleted by anybody.`}
    >
      <Verification />
      {streams && (
        <Suspense fallback={<Skeleton className="h-24" />}>
          <StreamSection api={workspaceStream} />
        </Suspense>
      )}
      <Entries />
    </SettingsPage>
  );
}

/** Whether the log is as it was written. */
function Verification() {
  const { t } = useLingui();
  const { data, error, refetch, isFetching } = useQuery(verificationQuery());
  return (
    <Panel className="px-4 py-3.5">
      {error ? (
        <LoadError error={error} onRetry={() => void refetch()} />
      ) : !data ? (
        <Skeleton className="h-5 w-72 max-w-full" />
      ) : (
        <div className="flex flex-wrap items-center gap-x-4 gap-y-3">
          {data.verified ? (
            <ShieldCheck size={20} aria-hidden className="shrink-0 text-success" />
          ) : (
            <ShieldAlert size={20} aria-hidden className="shrink-0 text-danger" />
          )}
          <div className="min-w-0 flex-1 basis-56">
            <p className="text-sm font-medium" role="status">
              {data.verified ? (
                <Trans>Chain verified</Trans>
              ) : (
                <Trans>The log was tampered with at entry {data.broken_at}</Trans>
              )}
            </p>
            <p className="text-[0.8125rem] text-subtle">
              <Plural value={data.entries} one="# entry" other="# entries" />
              {data.entries > 0 && (
                <>
                  {" · "}
                  <code className="text-xs break-all" title={t`Hash over all entries`}>
                    {data.hash.slice(0, 16)}…
                  </code>
                </>
              )}
            </p>
          </div>
          <Button size="sm" pending={isFetching} onClick={() => void refetch()}>
            <Trans>Check again</Trans>
          </Button>
        </div>
      )}
    </Panel>
  );
}

function Entries() {
  const { t } = useLingui();
  const [filter, setFilter] = useState<AuditFilter>(EVERYTHING);
  const list = useInfiniteQuery(auditQuery(filter));
  const rows = list.data?.pages.flatMap((page) => page.data);
  return (
    <Section
      title={t`Entries`}
      action={
        <div className="flex flex-wrap gap-2">
          <ExportButton format="csv" label={t`CSV`} />
          <ExportButton format="jsonl" label={t`JSON lines`} />
        </div>
      }
    >
      <Filters filter={filter} onChange={setFilter} />
      <Panel>
        {list.error && !rows ? (
          <LoadError error={list.error} onRetry={() => void list.refetch()} />
        ) : !rows ? (
          <ul aria-busy className="divide-y divide-line">
            {[0, 1, 2].map((row) => (
              <li key={row} className="space-y-2 px-4 py-3.5">
                <Skeleton className="h-4 w-56 max-w-full" />
                <Skeleton className="h-3 w-40" />
              </li>
            ))}
          </ul>
        ) : rows.length === 0 ? (
          <EmptyState
            icon={<ScrollText size={20} />}
            title={t`Nothing found`}
            action={
              isNarrowed(filter) && (
                <Button onClick={() => setFilter(EVERYTHING)}>
                  <Trans>Show everything</Trans>
                </Button>
              )
            }
          >
            <Trans>Nobody did anything of this kind in this time.</Trans>
          </EmptyState>
        ) : (
          <>
            <ul className="divide-y divide-line" aria-label={t`Entries`}>
              {rows.map((entry) => (
                <EntryRow key={entry.id} entry={entry} />
              ))}
            </ul>
            {list.hasNextPage && (
              <div className="border-t border-line px-4 py-3">
                <Button
                  size="sm"
                  pending={list.isFetchingNextPage}
                  onClick={() => void list.fetchNextPage()}
                >
                  <Trans>Show more</Trans>
                </Button>
              </div>
            )}
          </>
        )}
      </Panel>
    </Section>
  );
}

function Filters({
  filter,
  onChange,
}: {
  filter: AuditFilter;
  onChange: (filter: AuditFilter) => void;
}) {
  const { t } = useLingui();
  const areas = useAreaNames();
  const readsMembers = usePermission("members.read");
  const people = useQuery({ ...everybodyQuery(), enabled: readsMembers });
  return (
    <div className="mb-4 grid grid-cols-1 gap-3 sm:grid-cols-2 xl:grid-cols-4">
      <Field label={t`What`}>
        {(control) => (
          <NativeSelect
            {...control}
            value={filter.area}
            onChange={(event) =>
              onChange({ ...filter, area: event.target.value as AuditFilter["area"] })
            }
          >
            <option value="all">{t`Everything`}</option>
            {AREAS.map((area) => (
              <option key={area} value={area}>
                {areas[area]}
              </option>
            ))}
          </NativeSelect>
        )}
      </Field>
      <Field label={t`Who`}>
        {(control) => (
          <NativeSelect
            {...control}
            value={filter.actor ?? ""}
            onChange={(event) => onChange({ ...filter, actor: event.target.value || null })}
          >
            <option value="">{t`Everybody`}</option>
            {people.data?.map((person) => (
              <option key={person.user_id} value={person.user_id}>
                {person.name || person.email}
              </option>
            ))}
          </NativeSelect>
        )}
      </Field>
      <Field label={t`From`}>
        {(control) => (
          <Input
            {...control}
            type="date"
            value={filter.from}
            max={filter.until || undefined}
            onChange={(event) => onChange({ ...filter, from: event.target.value })}
          />
        )}
      </Field>
      <Field label={t`Until`}>
        {(control) => (
          <Input
            {...control}
            type="date"
            value={filter.until}
            min={filter.from || undefined}
            onChange={(event) => onChange({ ...filter, until: event.target.value })}
          />
        )}
      </Field>
    </div>
  );
}

function ExportButton({ format, label }: { format: "csv" | "jsonl"; label: string }) {
  const make = useMutation({
    mutationFn: () => exportAudit(format),
    onSuccess: (file) => {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(file);
      link.download = `audit.${format}`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    },
    onError: toastError,
  });
  return (
    <Button size="sm" pending={make.isPending} onClick={() => make.mutate()}>
      <Download size={15} aria-hidden />
      {label}
    </Button>
  );
}
