/** Over the composer when a spend cap, a quota or a guardrail stopped the last message: which, and until when. */
import { Trans, useLingui } from "@lingui/react/macro";
import type { ApiError, Budget, Quota } from "@parlance/api";
import { formatDateTime, formatNumber, formatUntil, formatUsd } from "@parlance/i18n";
import { buttonClass, Notice } from "@parlance/ui";
import { useQuery } from "@tanstack/react-query";
import { stoppingBudget, stoppingQuota } from "@/features/budgets/budgets.logic";
import { budgetsQuery, quotaQuery } from "@/features/budgets/queries";
import { usePermission, useSession } from "@/features/session/use-session";
import { Link } from "@/lib/navigation";

interface Refusal {
  code: string;
  /** The refusal itself; absent when an answer stopped half way. */
  error?: ApiError;
}

export default function LimitBanner({ code, error }: Refusal) {
  return code === "content_blocked" ? (
    <Guarded error={error} />
  ) : (
    <Capped code={code} error={error} />
  );
}

function Guarded({ error }: Pick<Refusal, "error">) {
  const { t, i18n } = useLingui();
  const manages = usePermission("guardrails.manage");
  return (
    <Notice
      tone="warning"
      className="mb-2"
      title={t`A guardrail stopped this message`}
      action={
        manages && (
          <Link to="/settings/guardrails" className={buttonClass("secondary", "sm")}>
            <Trans>See guardrails</Trans>
          </Link>
        )
      }
    >
      {/* The server's own words name the rule; they are English. */}
      {i18n.locale === "en" && error?.detail ? (
        <p>{error.detail.replace(/^A guardrail stopped this: i/, "I")}</p>
      ) : (
        <p>
          <Trans>It was sent nowhere. Change it, and send it again.</Trans>
        </p>
      )}
    </Notice>
  );
}

function Capped({ code, error }: Refusal) {
  const { t, i18n } = useLingui();
  const reads = usePermission("budgets.read");
  const capped = code === "budget_exceeded";
  const userId = useSession()?.user.id ?? "";
  const budgets = useQuery({
    ...budgetsQuery(),
    enabled: reads && capped,
    staleTime: 0,
  });
  const budget = budgets.data && stoppingBudget(budgets.data, userId, error?.detail);
  const plan = useQuery({ ...quotaQuery(), enabled: reads && !capped, staleTime: 0 });
  const quota = plan.data && stoppingQuota(plan.data.quotas);
  return (
    <Notice
      tone="warning"
      className="mb-2"
      title={capped ? t`A spend cap has been reached` : t`The plan's quota is used up`}
      action={
        reads && (
          <Link to="/settings/budgets" className={buttonClass("secondary", "sm")}>
            {capped ? <Trans>See budgets</Trans> : <Trans>See the plan</Trans>}
          </Link>
        )
      }
    >
      {budget ? (
        <Reached budget={budget} />
      ) : quota && plan.data ? (
        <QuotaReached plan={plan.data.plan.name} quota={quota} />
      ) : // The server's own words name the cap; they are English.
      i18n.locale === "en" && error?.detail ? (
        <p>{error.detail}</p>
      ) : (
        <p>
          <Trans>
            Ask an administrator of this workspace to raise it, or choose another model.
          </Trans>
        </p>
      )}
    </Notice>
  );
}

function Reached({ budget }: { budget: Budget }) {
  const name = budget.name;
  const limit = formatUsd(budget.limit_usd);
  const when = budget.resets_at ? formatUntil(budget.resets_at) : null;
  return (
    <p title={budget.resets_at ? formatDateTime(budget.resets_at) : undefined}>
      {budget.period === "day" ? (
        <Trans>
          “{name}” allows {limit} a day.
        </Trans>
      ) : budget.period === "month" ? (
        <Trans>
          “{name}” allows {limit} a month.
        </Trans>
      ) : (
        <Trans>
          “{name}” allows {limit} in all.
        </Trans>
      )}{" "}
      {when ? (
        <Trans>It resets {when}. A cheaper model or a shorter answer may still fit.</Trans>
      ) : (
        <Trans>A cheaper model or a shorter answer may still fit.</Trans>
      )}
    </p>
  );
}

function QuotaReached({ plan, quota }: { plan: string; quota: Quota }) {
  const limit = quota.unit === "usd" ? formatUsd(quota.limit) : formatNumber(Number(quota.limit));
  const when = quota.resets_at ? formatUntil(quota.resets_at) : null;
  const day = quota.period === "day";
  return (
    <p title={quota.resets_at ? formatDateTime(quota.resets_at) : undefined}>
      {quota.unit === "messages" ? (
        day ? (
          <Trans>
            The plan “{plan}” has {limit} messages a day.
          </Trans>
        ) : (
          <Trans>
            The plan “{plan}” has {limit} messages a month.
          </Trans>
        )
      ) : quota.unit === "tokens" ? (
        day ? (
          <Trans>
            The plan “{plan}” has {limit} tokens a day.
          </Trans>
        ) : (
          <Trans>
            The plan “{plan}” has {limit} tokens a month.
          </Trans>
        )
      ) : day ? (
        <Trans>
          The plan “{plan}” allows {limit} a day.
        </Trans>
      ) : (
        <Trans>
          The plan “{plan}” allows {limit} a month.
        </Trans>
      )}{" "}
      {when && <Trans>It resets {when}.</Trans>}
    </p>
  );
}
