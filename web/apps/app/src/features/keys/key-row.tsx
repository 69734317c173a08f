import { Plural, Trans, useLingui } from "@lingui/react/macro";
import type { ApiKeyInfo, Budget, KeyScope } from "@parlance/api";
import {
  formatCompact,
  formatDateTime,
  formatNumber,
  formatRelative,
  formatUntil,
  formatUsd,
} from "@parlance/i18n";
import { Badge, cn, MenuButton, type MenuEntry } from "@parlance/ui";
import { Ellipsis, KeyRound, Pencil, RefreshCw, Trash2 } from "lucide-react";
import { Children, Fragment, type ReactNode } from "react";
import { keyStatus } from "./keys.logic";

export interface KeyActions {
  onEdit: (key: ApiKeyInfo) => void;
  onRotate: (key: ApiKeyInfo) => void;
  onRevoke: (key: ApiKeyInfo) => void;
}

export function KeyRow({
  apiKey: key,
  cap,
  now,
  owner,
  actions,
}: {
  apiKey: ApiKeyInfo;
  cap: Budget | undefined;
  now: number;
  /** Whose it is, where the list holds everybody's. */
  owner: string | null;
  actions: KeyActions;
}) {
  const { t } = useLingui();
  const status = keyStatus(key, now);
  const name = key.name;
  const scopeNames: Record<KeyScope, string> = {
    inference: t`Models`,
    read: t`Read`,
    write: t`Write`,
  };
  const usable = status === "active" || status === "expiring";
  const items: MenuEntry[] = [
    { label: t`Edit`, icon: <Pencil size={16} aria-hidden />, onSelect: () => actions.onEdit(key) },
    {
      label: t`New secret`,
      icon: <RefreshCw size={16} aria-hidden />,
      disabled: !usable,
      onSelect: () => actions.onRotate(key),
    },
    "separator",
    {
      label: t`Revoke`,
      icon: <Trash2 size={16} aria-hidden />,
      danger: true,
      onSelect: () => actions.onRevoke(key),
    },
  ];
  const requests = formatNumber(key.requests_per_minute ?? 0);
  const tokens = formatCompact(key.tokens_per_minute ?? 0);
  return (
    <li className="flex items-start gap-4 px-4 py-3.5">
      <span
        aria-hidden
        className="mt-0.5 grid size-9 shrink-0 place-items-center rounded-md bg-active text-muted max-sm:hidden"
      >
        <KeyRound size={17} />
      </span>
      <div className={cn("min-w-0 flex-1", !usable && "text-muted")}>
        <p className="flex flex-wrap items-center gap-x-2 gap-y-1 text-sm font-medium">
          <span className="min-w-0 truncate">{name}</span>
          {status === "expiring" && <Badge tone="warning">{t`Ends soon`}</Badge>}
          {status === "expired" && <Badge tone="danger">{t`Expired`}</Badge>}
          {status === "revoked" && <Badge>{t`Revoked`}</Badge>}
          {key.scopes.map((scope) => (
            <Badge key={scope}>{scopeNames[scope]}</Badge>
          ))}
        </p>
        <Facts>
          <code className="font-mono text-muted">{key.prefix}…</code>
          <Used at={key.last_used_at} />
          <Ends apiKey={key} now={now} />
          {owner !== null && (
            <span title={key.user.email}>
              <Trans>of {owner}</Trans>
            </span>
          )}
        </Facts>
        <Facts>
          {key.models !== null ? (
            <span title={key.models.join(", ")}>
              <Plural value={key.models.length} one="# model" other="# models" />
            </span>
          ) : (
            key.scopes.includes("inference") && <Trans>all models</Trans>
          )}
          {key.requests_per_minute !== null && <Trans>{requests} requests/min</Trans>}
          {key.tokens_per_minute !== null && <Trans>{tokens} tokens/min</Trans>}
          {key.allowed_ips !== null && (
            <span title={key.allowed_ips.join(", ")}>
              <Plural
                value={key.allowed_ips.length}
                one="from # address"
                other="from # addresses"
              />
            </span>
          )}
          {cap && <Cap cap={cap} />}
        </Facts>
      </div>
      {status !== "revoked" && (
        <MenuButton
          items={items}
          align="end"
          aria-label={t`Options for ${name}`}
          className="-me-1.5 -mt-2 grid size-9 shrink-0 place-items-center rounded-md text-muted hover:bg-hover hover:text-fg touch:-mt-2.5 touch:size-11"
        >
          <Ellipsis size={18} aria-hidden />
        </MenuButton>
      )}
    </li>
  );
}

/** Short facts in a line, a dot between each two; a fact is never torn apart. */
function Facts({ children }: { children: ReactNode }) {
  const facts = Children.toArray(children);
  if (facts.length === 0) return null;
  return (
    <p className="mt-1 text-[0.8125rem] leading-5 text-subtle">
      {facts.map((fact, index) => (
        <Fragment key={index}>
          {index > 0 && " "}
          <span className="inline-block max-w-full truncate align-bottom">
            {fact}
            {index < facts.length - 1 && <span aria-hidden>{" ·"}</span>}
          </span>
        </Fragment>
      ))}
    </p>
  );
}

function Used({ at }: { at: string | null }) {
  if (at === null) {
    return (
      <span>
        <Trans>never used</Trans>
      </span>
    );
  }
  const seen = formatRelative(at);
  return (
    <span title={formatDateTime(at)}>
      <Trans>last used {seen}</Trans>
    </span>
  );
}

function Ends({ apiKey, now }: { apiKey: ApiKeyInfo; now: number }) {
  if (apiKey.revoked_at !== null) {
    const since = formatRelative(apiKey.revoked_at);
    return (
      <span title={formatDateTime(apiKey.revoked_at)}>
        <Trans>revoked {since}</Trans>
      </span>
    );
  }
  if (apiKey.expires_at === null) {
    return (
      <span>
        <Trans>never ends</Trans>
      </span>
    );
  }
  const over = keyStatus(apiKey, now) === "expired";
  const when = over ? formatRelative(apiKey.expires_at) : formatUntil(apiKey.expires_at, now);
  return (
    <span title={formatDateTime(apiKey.expires_at)}>
      {over ? <Trans>ended {when}</Trans> : <Trans>ends {when}</Trans>}
    </span>
  );
}

function Cap({ cap }: { cap: Budget }) {
  const spent = formatUsd(cap.spent_usd);
  const limit = formatUsd(cap.limit_usd);
  if (cap.period === "day")
    return (
      <Trans>
        {spent} of {limit} today
      </Trans>
    );
  if (cap.period === "month")
    return (
      <Trans>
        {spent} of {limit} this month
      </Trans>
    );
  return (
    <Trans>
      {spent} of {limit} in all
    </Trans>
  );
}
