/** A table that is searched, filtered and paged; on a phone its rows are cards. */
import { Trans, useLingui } from "@lingui/react/macro";
import { Button, EmptyState, Input, Skeleton } from "@parlance/ui";
import { Search } from "lucide-react";
import { useEffect, useState, type ReactNode } from "react";
import { Panel } from "@/features/settings/section";
import { LoadError } from "@/lib/load-error";
import { headClass } from "./page";

interface Pages<T> {
  data: { pages: { data: T[] }[] } | undefined;
  error: unknown;
  refetch: () => unknown;
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage: () => unknown;
}

export function Table<T>({
  query,
  caption,
  columns,
  renderRow,
  empty,
}: {
  query: Pages<T>;
  caption: string;
  /** Heads, the first of them on phones too. */
  columns: readonly string[];
  /** A `tr` with a key; cells after the first are hidden on phones. */
  renderRow: (row: T) => ReactNode;
  empty: string;
}) {
  const { t } = useLingui();
  const rows = query.data?.pages.flatMap((page) => page.data);
  return (
    <>
      <Panel>
        {query.error && !rows ? (
          <LoadError error={query.error} onRetry={() => void query.refetch()} />
        ) : rows?.length === 0 ? (
          <EmptyState icon={<Search size={20} />} title={empty}>
            <Trans>Look for something else, or take a filter away.</Trans>
          </EmptyState>
        ) : (
          <table aria-busy={!rows} className="w-full text-sm">
            <caption className="sr-only">{caption}</caption>
            <thead className="border-b border-line text-[0.8125rem] text-subtle max-md:sr-only">
              <tr>
                {columns.map((name) => (
                  <th key={name} scope="col" className={headClass}>
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody className="divide-y divide-line">
              {rows
                ? rows.map(renderRow)
                : [0, 1, 2, 3].map((row) => (
                    <tr key={row}>
                      <td colSpan={columns.length} className="px-4 py-4">
                        <Skeleton className="h-4 w-48 max-w-full" />
                        <Skeleton className="mt-2 h-3 w-72 max-w-full" />
                      </td>
                    </tr>
                  ))}
            </tbody>
          </table>
        )}
      </Panel>
      {query.hasNextPage && (
        <Button
          className="mt-4"
          pending={query.isFetchingNextPage}
          onClick={() => void query.fetchNextPage()}
        >
          {t`Show more`}
        </Button>
      )}
    </>
  );
}

/** Tells what was typed once the person pauses. */
export function SearchField({
  label,
  placeholder,
  value,
  onChange,
}: {
  label: string;
  placeholder: string;
  value: string;
  onChange: (value: string) => void;
}) {
  const [text, setText] = useState(value);
  useEffect(() => {
    if (text === value) return;
    const timer = setTimeout(() => onChange(text), 250);
    return () => clearTimeout(timer);
  }, [text, value, onChange]);
  return (
    <span className="relative block min-w-0 flex-1 basis-60">
      <Search
        size={16}
        aria-hidden
        className="pointer-events-none absolute start-3 top-1/2 -translate-y-1/2 text-subtle"
      />
      <Input
        type="search"
        aria-label={label}
        placeholder={placeholder}
        className="ps-9"
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
    </span>
  );
}
