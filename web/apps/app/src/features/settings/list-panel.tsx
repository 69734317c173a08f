import type { ReactNode } from "react";
import { LoadError } from "@/lib/load-error";
import { Panel } from "./section";

/** A list in a frame: while it loads, when it couldn't be loaded, when there is nothing in it. */
export function ListPanel<T>({
  query: { data, error, refetch },
  renderRow,
  waiting,
  empty,
}: {
  query: { data: readonly T[] | undefined; error: unknown; refetch: () => unknown };
  /** An item as a list item with a key. */
  renderRow: (item: T) => ReactNode;
  /** What a row looks like before it is there. */
  waiting: ReactNode;
  /** Stands where the rows would be. */
  empty: ReactNode;
}) {
  return (
    <Panel>
      {error ? (
        <LoadError error={error} onRetry={() => void refetch()} />
      ) : !data ? (
        <ul aria-busy className="divide-y divide-line">
          {[0, 1].map((place) => (
            <li key={place} className="space-y-3 px-4 py-4">
              {waiting}
            </li>
          ))}
        </ul>
      ) : data.length > 0 ? (
        <ul className="divide-y divide-line">{data.map(renderRow)}</ul>
      ) : (
        empty
      )}
    </Panel>
  );
}
