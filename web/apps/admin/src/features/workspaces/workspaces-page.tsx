import { Trans, useLingui } from "@lingui/react/macro";
import type { PlatformWorkspace } from "@parlance/api";
import { formatDate, formatNumber } from "@parlance/i18n";
import { Badge, Button, NativeSelect } from "@parlance/ui";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { lazy, Suspense, useCallback, useState } from "react";
import { Link, useLocation } from "wouter";
import { SearchField, Table } from "../shell/list";
import { cellClass, PageTitle, StatusBadge } from "../shell/page";
import { plansQuery, workspacesQuery, type WorkspaceFilter } from "./queries";

const CreateDialog = lazy(() => import("./create-dialog"));

export default function WorkspacesPage() {
  const { t } = useLingui();
  const [, go] = useLocation();
  const [filter, setFilter] = useState<WorkspaceFilter>({ q: "", status: "", plan: "" });
  const [creating, setCreating] = useState(false);
  const query = useInfiniteQuery(workspacesQuery(filter));
  const { data: plans } = useQuery(plansQuery());
  const search = useCallback((q: string) => setFilter((known) => ({ ...known, q })), []);
  const planName = (id: string) => plans?.data.find((plan) => plan.id === id)?.name ?? id;

  return (
    <>
      <PageTitle
        title={t`Workspaces`}
        action={
          <Button variant="primary" onClick={() => setCreating(true)}>
            <Plus size={16} aria-hidden />
            <Trans>New workspace</Trans>
          </Button>
        }
      />
      <div className="mb-4 flex flex-wrap gap-3">
        <SearchField
          label={t`Search workspaces`}
          placeholder={t`Name, id or owner's e-mail`}
          value={filter.q}
          onChange={search}
        />
        <NativeSelect
          aria-label={t`State`}
          className="max-sm:min-w-36 max-sm:flex-1"
          value={filter.status}
          onChange={(event) =>
            setFilter({ ...filter, status: event.target.value as WorkspaceFilter["status"] })
          }
        >
          <option value="">{t`Any state`}</option>
          <option value="active">{t`Active`}</option>
          <option value="suspended">{t`Suspended`}</option>
          <option value="deleted">{t`Deleted`}</option>
        </NativeSelect>
        {plans && plans.data.length > 1 && (
          <NativeSelect
            aria-label={t`Plan`}
            className="max-sm:min-w-36 max-sm:flex-1"
            value={filter.plan}
            onChange={(event) => setFilter({ ...filter, plan: event.target.value })}
          >
            <option value="">{t`Any plan`}</option>
            {plans.data.map((plan) => (
              <option key={plan.id} value={plan.id}>
                {plan.name}
              </option>
            ))}
          </NativeSelect>
        )}
      </div>
      <Table
        query={query}
        caption={t`Workspaces`}
        columns={[t`Name`, t`Owner`, t`Members`, t`Plan`, t`State`, t`Made`]}
        empty={t`No workspace is like that`}
        renderRow={(row) => <Row key={row.id} row={row} plan={planName(row.plan)} />}
      />
      {creating && (
        <Suspense fallback={null}>
          <CreateDialog
            onClose={() => setCreating(false)}
            onCreated={({ id }) => go(`/workspaces/${id}`)}
          />
        </Suspense>
      )}
    </>
  );
}

function Row({ row, plan }: { row: PlatformWorkspace; plan: string }) {
  const [, go] = useLocation();
  const href = `/workspaces/${row.id}`;
  return (
    <tr className="cursor-pointer transition-colors hover:bg-hover" onClick={() => go(href)}>
      <td className={cellClass}>
        <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <Link
            href={href}
            className="rounded-sm font-medium break-words hover:underline"
            onClick={(event) => event.stopPropagation()}
          >
            {row.name}
          </Link>
          {row.personal && (
            <Badge>
              <Trans>Personal</Trans>
            </Badge>
          )}
          <span className="md:hidden">
            <StatusBadge status={row.status} />
          </span>
        </span>
        <span className="mt-0.5 block text-[0.8125rem] break-all text-subtle md:hidden">
          {row.owner?.email} · {plan}
        </span>
      </td>
      <td className={`${cellClass} break-all text-muted max-md:hidden`}>
        {row.owner?.email ?? "–"}
      </td>
      <td className={`${cellClass} tabular-nums max-md:hidden`}>{formatNumber(row.members)}</td>
      <td className={`${cellClass} max-md:hidden`}>{plan}</td>
      <td className={`${cellClass} max-md:hidden`}>
        <StatusBadge status={row.status} />
      </td>
      <td className={`${cellClass} whitespace-nowrap text-muted max-lg:hidden`}>
        {formatDate(row.created_at)}
      </td>
    </tr>
  );
}
