import { Trans, useLingui } from "@lingui/react/macro";
import type { PlatformUser } from "@parlance/api";
import { formatDate, formatDateTime, formatRelative } from "@parlance/i18n";
import { Badge, NativeSelect } from "@parlance/ui";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import { Link, useLocation } from "wouter";
import { SearchField, Table } from "../shell/list";
import { cellClass, PageTitle } from "../shell/page";
import { usersQuery, type UserFilter } from "./queries";

export default function UsersPage() {
  const { t } = useLingui();
  const [filter, setFilter] = useState<UserFilter>({ q: "", status: "" });
  const query = useInfiniteQuery(usersQuery(filter));
  const search = useCallback((q: string) => setFilter((known) => ({ ...known, q })), []);
  return (
    <>
      <PageTitle title={t`Users`} />
      <div className="mb-4 flex flex-wrap gap-3">
        <SearchField
          label={t`Search users`}
          placeholder={t`Name, id or e-mail`}
          value={filter.q}
          onChange={search}
        />
        <NativeSelect
          aria-label={t`State`}
          className="max-sm:min-w-36 max-sm:flex-1"
          value={filter.status}
          onChange={(event) =>
            setFilter({ ...filter, status: event.target.value as UserFilter["status"] })
          }
        >
          <option value="">{t`Everybody`}</option>
          <option value="active">{t`May sign in`}</option>
          <option value="disabled">{t`Disabled`}</option>
          <option value="admin">{t`Administrators`}</option>
        </NativeSelect>
      </div>
      <Table
        query={query}
        caption={t`Users`}
        columns={[t`Name`, t`E-mail`, t`State`, t`Last seen`, t`Since`]}
        empty={t`No user is like that`}
        renderRow={(row) => <Row key={row.id} row={row} />}
      />
    </>
  );
}

export function UserBadges({ user }: { user: PlatformUser }) {
  return (
    <>
      {user.platform_admin && (
        <Badge tone="accent">
          <Trans>Administrator</Trans>
        </Badge>
      )}
      {user.disabled_at && (
        <Badge tone="danger">
          <Trans>Disabled</Trans>
        </Badge>
      )}
      {!user.email_verified && (
        <Badge tone="warning">
          <Trans>Address not proved</Trans>
        </Badge>
      )}
    </>
  );
}

function Row({ row }: { row: PlatformUser }) {
  const [, go] = useLocation();
  const href = `/users/${row.id}`;
  return (
    <tr className="cursor-pointer transition-colors hover:bg-hover" onClick={() => go(href)}>
      <td className={cellClass}>
        <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <Link
            href={href}
            className="rounded-sm font-medium break-words hover:underline"
            onClick={(event) => event.stopPropagation()}
          >
            {row.name || row.email}
          </Link>
          <span className="flex flex-wrap gap-1 md:hidden">
            <UserBadges user={row} />
          </span>
        </span>
        <span className="mt-0.5 block text-[0.8125rem] break-all text-subtle md:hidden">
          {row.email}
        </span>
      </td>
      <td className={`${cellClass} break-all text-muted max-md:hidden`}>{row.email}</td>
      <td className={`${cellClass} max-md:hidden`}>
        <span className="flex flex-wrap gap-1">
          <UserBadges user={row} />
        </span>
      </td>
      <td className={`${cellClass} whitespace-nowrap text-muted max-md:hidden`}>
        {row.last_seen_at ? (
          <span title={formatDateTime(row.last_seen_at)}>{formatRelative(row.last_seen_at)}</span>
        ) : (
          "–"
        )}
      </td>
      <td className={`${cellClass} whitespace-nowrap text-muted max-lg:hidden`}>
        {formatDate(row.created_at)}
      </td>
    </tr>
  );
}
