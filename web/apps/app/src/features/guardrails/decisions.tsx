/** What was decided of late: rules and how often, never the texts. */
import { Trans, useLingui } from "@lingui/react/macro";
import type { GuardrailAction, GuardrailRecord } from "@parlance/api";
import { formatDateTime, formatNumber } from "@parlance/i18n";
import { Badge, Button, EmptyState, Skeleton } from "@parlance/ui";
import { Segmented } from "@parlance/ui/choice";
import { useInfiniteQuery } from "@tanstack/react-query";
import { ScanEye } from "lucide-react";
import { useState } from "react";
import { useSubjects, type Subjects } from "@/features/budgets/use-subjects";
import { actionName, ruleName } from "@/features/chat/guardrails";
import { Panel, Section } from "@/features/settings/section";
import { LoadError } from "@/lib/load-error";
import { decisionsQuery } from "./queries";
import { TONES } from "./try-it";

type Filter = GuardrailAction | "all";

export function Decisions() {
  const { t } = useLingui();
  const subjects = useSubjects();
  const [filter, setFilter] = useState<Filter>("all");
  const list = useInfiniteQuery(decisionsQuery(filter === "all" ? null : filter));
  const rows = list.data?.pages.flatMap((page) => page.data);
  return (
    <Section
      title={t`Decisions`}
      description={t`What the rules did in the last ninety days. The texts themselves are not kept here.`}
      action={
        <Segmented<Filter>
          label={t`Which decisions`}
          value={filter}
          onChange={setFilter}
          options={[
            { id: "all", label: t`All` },
            { id: "blocked", label: t`Blocked` },
            { id: "flagged", label: t`Flagged` },
            { id: "redacted", label: t`Hidden` },
            { id: "limited", label: t`Shortened` },
          ]}
        />
      }
    >
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
          <EmptyState icon={<ScanEye size={20} />} title={t`Nothing was decided yet`}>
            {filter === "all" ? (
              <Trans>Once a rule finds something in a message, it shows here.</Trans>
            ) : (
              <Trans>Nothing of this kind. Choose another one.</Trans>
            )}
          </EmptyState>
        ) : (
          <>
            <ul className="divide-y divide-line" aria-label={t`Decisions`}>
              {rows.map((row) => (
                <Row key={row.id} row={row} subjects={subjects} />
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

function Row({ row, subjects }: { row: GuardrailRecord; subjects: Subjects }) {
  const { t } = useLingui();
  const who = subjects.nameOf({ kind: "user", id: row.user_id });
  const key = row.key_id && subjects.nameOf({ kind: "key", id: row.key_id });
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-3">
      <div className="min-w-0 flex-1 basis-56">
        <p className="flex flex-wrap items-center gap-2 text-sm font-medium">
          {ruleName(row.rule)}
          {row.count > 1 && (
            <span className="text-subtle tabular-nums">× {formatNumber(row.count)}</span>
          )}
          <Badge tone={TONES[row.action]}>{actionName(row.action)}</Badge>
        </p>
        <p className="mt-0.5 truncate text-[0.8125rem] text-subtle">
          {who} · {key ?? t`in the chat`}
        </p>
      </div>
      <time
        dateTime={row.occurred_at}
        className="shrink-0 text-[0.8125rem] text-subtle tabular-nums"
      >
        {formatDateTime(row.occurred_at)}
      </time>
    </li>
  );
}
