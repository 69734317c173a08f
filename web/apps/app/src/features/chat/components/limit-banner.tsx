/** Over the composer when a spend cap, a quota or a guardrail stopped the last message: which, and until when. */
import { Trans, useLingui } from "@lingui/react/macro";
import type { ApiError } from "@parlance/api";
import { formatDateTime, formatUntil, formatUsd } from "@parlance/i18n";
import { buttonClass, Notice } from "@parlance/ui";
import { useQuery } from "@tanstack/react-query";
import type { Budget } from "@/features/budgets/api";
import { stoppingBudget } from "@/features/budgets/budgets.logic";
import { budgetsQuery } from "@/features/budgets/queries";
import { usePermission, useSession } from "@/features/session/use-session";
import { Link } from "@/lib/navigation";

export default function LimitBanner({
  code,
  error,
}: {
  code: string;
  /** The refusal itself; absent when an answer stopped half way. */
  error?: ApiError;
}) {
  const { t, i18n } = useLingui();
  const reads = usePermission("budgets.read");
  const guards = usePermission("guardrails.manage");
  const capped = code === "budget_exceeded";
  const userId = useSession()?.user.id ?? "";
  const budgets = useQuery({
    ...budgetsQuery(),
    enabled: reads && capped,
    staleTime: 0,
  });
  const budget = budgets.data && stoppingBudget(budgets.data, userId);
  if (code === "content_blocked") {
    return (
      <Notice
        tone="warning"
        className="mb-2"
        title={t`A guardrail stopped this message`}
        action={
          guards && (
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
  return (
    <Notice
      tone="warning"
      className="mb-2"
      title={capped ? t`A spend cap has been reached` : t`The plan's quota is used up`}
      action={
        reads &&
        capped && (
          <Link to="/settings/budgets" className={buttonClass("secondary", "sm")}>
            <Trans>See budgets</Trans>
          </Link>
        )
      }
    >
      {budget ? (
        <Reached budget={budget} />
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
