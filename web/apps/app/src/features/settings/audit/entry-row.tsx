import { Trans, useLingui } from "@lingui/react/macro";
import type { AuditEntry } from "@parlance/api";
import { formatDateTime } from "@parlance/i18n";
import { Badge, cn } from "@parlance/ui";
import { ChevronRight } from "lucide-react";
import { useId, useState, type ReactNode } from "react";
import { changes } from "./audit.logic";
import { useActionNames } from "./use-action-names";

/** An entry; opened, all that is known of it. */
export function EntryRow({ entry }: { entry: AuditEntry }) {
  const { t } = useLingui();
  const [open, setOpen] = useState(false);
  const details = useId();
  const nameOf = useActionNames();
  const { actor, subject } = entry;
  const kinds: Record<string, string> = {
    operator: t`The operator`,
    system: t`Parlance`,
    anonymous: t`Somebody`,
  };
  const who = actor.name || actor.email || kinds[actor.kind] || t`Somebody`;
  return (
    <li>
      <button
        type="button"
        aria-expanded={open}
        aria-controls={details}
        onClick={() => setOpen(!open)}
        className="flex w-full items-center gap-3 px-4 py-3 text-start hover:bg-hover"
      >
        <ChevronRight
          size={16}
          aria-hidden
          className={cn("shrink-0 text-subtle transition-transform", open && "rotate-90")}
        />
        <span className="flex min-w-0 flex-1 flex-wrap items-center gap-x-4 gap-y-0.5">
          <span className="min-w-0 flex-1 basis-56">
            <span className="flex flex-wrap items-center gap-2 text-sm font-medium">
              {nameOf(entry.action)}
              {subject?.name && <span className="font-normal text-muted">{subject.name}</span>}
              {actor.api_key_id && <Badge>{t`API key`}</Badge>}
              {actor.impersonator_id && <Badge>{t`Support`}</Badge>}
            </span>
            <span className="mt-0.5 block truncate text-[0.8125rem] text-subtle">{who}</span>
          </span>
          <time
            dateTime={entry.occurred_at}
            className="shrink-0 text-[0.8125rem] text-subtle tabular-nums"
          >
            {formatDateTime(entry.occurred_at)}
          </time>
        </span>
      </button>
      <div id={details}>{open && <Details entry={entry} />}</div>
    </li>
  );
}

function Details({ entry }: { entry: AuditEntry }) {
  const { t } = useLingui();
  const fields = changes(entry.before, entry.after);
  return (
    <div className="space-y-4 px-4 pt-1 pb-4 ps-11 text-[0.8125rem]">
      {fields.length > 0 && (
        <div className="overflow-x-auto">
          <table className="w-full text-start">
            <thead className="text-subtle">
              <tr>
                <th className="py-1 pe-4 text-start font-normal">{t`Field`}</th>
                <th className="py-1 pe-4 text-start font-normal">{t`Before`}</th>
                <th className="py-1 text-start font-normal">{t`After`}</th>
              </tr>
            </thead>
            <tbody>
              {fields.map(({ field, before, after }) => (
                <tr key={field} className="border-t border-line align-top">
                  <td className="py-1.5 pe-4">{field}</td>
                  <td className="py-1.5 pe-4 break-words text-muted">{before}</td>
                  <td className="py-1.5 break-words">{after}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <dl className="grid gap-x-4 gap-y-1 sm:grid-cols-[auto_1fr]">
        <Fact name={t`Action`}>{entry.action}</Fact>
        <Fact name={t`Account`}>{entry.actor.email ?? entry.actor.system}</Fact>
        <Fact name={t`Concerns`}>{entry.subject?.id}</Fact>
        <Fact name={t`Address`}>{entry.ip}</Fact>
        <Fact name={t`Program`}>{entry.user_agent}</Fact>
        <Fact name={t`Request`}>{entry.request_id}</Fact>
        <Fact name={t`Hash`}>{entry.hash}</Fact>
      </dl>
      {fields.length === 0 && (
        <p className="text-subtle">
          <Trans>Nothing was noted about before and after.</Trans>
        </p>
      )}
    </div>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  if (!children) return null;
  return (
    <>
      <dt className="text-subtle">{name}</dt>
      <dd className="min-w-0 break-all">{children}</dd>
    </>
  );
}
