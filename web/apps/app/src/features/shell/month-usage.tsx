import { Trans, useLingui } from "@lingui/react/macro";
import { formatCompact, formatUsd } from "@parlance/i18n";
import { useQuery } from "@tanstack/react-query";
import { monthUsageQuery } from "@/features/settings/usage/queries";
import { Link } from "@/lib/navigation";
import { closeDrawer } from "./sidebar-state";

/** What the caller has used this month; a way to the usage page. */
export default function MonthUsage() {
  const { t } = useLingui();
  const { data } = useQuery(monthUsageQuery());
  const total = data?.total;
  const tokens = formatCompact(total ? total.input_tokens + total.output_tokens : 0);
  return (
    <Link
      to="/settings/usage"
      onClick={closeDrawer}
      data-tooltip={total ? t`${tokens} tokens this month` : undefined}
      className="flex h-8 items-center justify-between gap-2 rounded-md px-2.5 text-[0.8125rem] text-muted transition-colors hover:bg-hover hover:text-fg touch:h-11"
    >
      <span>
        <Trans>This month</Trans>
      </span>
      <span className="tabular-nums">{total ? formatUsd(total.cost_usd) : "–"}</span>
    </Link>
  );
}
