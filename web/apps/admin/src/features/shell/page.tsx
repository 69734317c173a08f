/** What the pages share: their heading, lists of facts, states of things. */
import { useLingui } from "@lingui/react/macro";
import type { PlatformWorkspace } from "@parlance/api";
import { Badge } from "@parlance/ui";
import type { ReactNode } from "react";
import { useDocumentTitle } from "@/lib/use-document-title";

export function PageTitle({
  title,
  children,
  action,
}: {
  title: string;
  /** Beside the title: states. */
  children?: ReactNode;
  action?: ReactNode;
}) {
  useDocumentTitle(title);
  return (
    <div className="mb-6 flex flex-wrap items-center gap-x-4 gap-y-3">
      <div className="flex min-w-0 flex-1 flex-wrap items-center gap-x-3 gap-y-1.5 max-sm:basis-full">
        <h1 className="font-display text-[1.75rem] leading-tight font-medium tracking-tight break-words">
          {title}
        </h1>
        {children}
      </div>
      {action}
    </div>
  );
}

export interface Fact {
  label: string;
  value: ReactNode;
}

/** Names and values in two columns. */
export function Facts({ facts }: { facts: readonly Fact[] }) {
  return (
    <dl className="grid gap-x-8 gap-y-4 p-4 sm:grid-cols-2 sm:p-5">
      {facts.map(({ label, value }) => (
        <div key={label} className="min-w-0">
          <dt className="text-[0.8125rem] text-subtle">{label}</dt>
          <dd className="mt-0.5 text-sm break-words">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

export function StatusBadge({ status }: { status: PlatformWorkspace["status"] }) {
  const { t } = useLingui();
  if (status === "suspended") return <Badge tone="warning">{t`Suspended`}</Badge>;
  if (status === "deleted") return <Badge tone="danger">{t`Deleted`}</Badge>;
  return <Badge tone="accent">{t`Active`}</Badge>;
}

/** A cell of a table's head, and of its body. */
export const headClass = "px-4 py-2.5 text-start font-medium whitespace-nowrap";
export const cellClass = "px-4 py-3 align-middle";
