//! The table `workspace_plans`, and the accounts of quotas in `budgets`.

use contracts::{metering::BudgetPeriod, plans::QuotaUnit};
use database::{Db, Error, Tx, params};
use kernel::{BudgetId, TenantScope, Timestamp};

use crate::model::{
    Amount,
    budget::{Account, Rules},
};

/// The id of the workspace's plan, if one was set.
pub(crate) async fn plan(db: &Db, scope: &TenantScope) -> Result<Option<String>, Error> {
    let found: Option<(String,)> = db
        .optional(scope, "SELECT plan FROM workspace_plans WHERE workspace_id = $1", params![scope.workspace()])
        .await?;
    Ok(found.map(|(plan,)| plan))
}

/// The same within a transaction.
pub(crate) async fn plan_within(tx: &mut Tx, scope: &TenantScope) -> Result<Option<String>, Error> {
    let found: Option<(String,)> =
        tx.optional("SELECT plan FROM workspace_plans WHERE workspace_id = $1", params![scope.workspace()]).await?;
    Ok(found.map(|(plan,)| plan))
}

pub(crate) async fn set_plan(tx: &mut Tx, scope: &TenantScope, plan: &str, now: Timestamp) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO workspace_plans (workspace_id, plan, set_at) VALUES ($1, $2, $3)
         ON CONFLICT (workspace_id) DO UPDATE SET plan = excluded.plan, set_at = excluded.set_at",
        params![scope.workspace(), plan, now],
    )
    .await?;
    Ok(())
}

/// Whether there is such a workspace, deleted or not.
pub(crate) async fn has_workspace(db: &Db, scope: &TenantScope) -> Result<bool, Error> {
    let found: Option<(i64,)> = db
        .optional(scope, "SELECT CAST(1 AS BIGINT) FROM workspaces WHERE id = $1", params![scope.workspace()])
        .await?;
    Ok(found.is_some())
}

/// Makes the account of a quota. False: there is one.
pub(crate) async fn insert(tx: &mut Tx, scope: &TenantScope, rules: &Rules) -> Result<bool, Error> {
    let inserted = tx
        .execute(
            "INSERT INTO budgets (id, workspace_id, name, subject, subject_id, period, limit_nano, hard,
                 counts_from, created_at, updated_at, unit, quota)
             VALUES ($1, $2, '', 'workspace', NULL, $3, $4, TRUE, $5, $6, $6, $7, TRUE)
             ON CONFLICT DO NOTHING",
            params![
                rules.id,
                scope.workspace(),
                rules.period.as_str(),
                Amount::MAX,
                rules.counts_from,
                rules.created_at,
                rules.unit.as_str()
            ],
        )
        .await?;
    Ok(inserted == 1)
}

/// Opens a quota's first account with what the ledger holds of that period already.
pub(crate) async fn open(
    tx: &mut Tx,
    scope: &TenantScope,
    unit: QuotaUnit,
    account: Account,
    days: (i64, i64),
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO budget_periods (budget_id, starts_at, workspace_id, spent_nano)
         SELECT $1, $2, $3, COALESCE(CAST(sum(CASE CAST($6 AS TEXT) WHEN 'usd' THEN cost_nano
             WHEN 'tokens' THEN input_tokens + output_tokens ELSE messages END) AS BIGINT), 0)
         FROM usage_entries
         WHERE workspace_id = $3 AND day >= $4 AND day <= $5",
        params![account.budget, account.starts_at, scope.workspace(), days.0, days.1, unit.as_str()],
    )
    .await?;
    Ok(())
}

/// Forgets the warnings of all quotas: another plan warns anew.
pub(crate) async fn forget_warnings(tx: &mut Tx, scope: &TenantScope) -> Result<(), Error> {
    tx.execute(
        "DELETE FROM budget_warnings WHERE workspace_id = $1
             AND budget_id IN (SELECT id FROM budgets WHERE workspace_id = $1 AND quota = TRUE)",
        params![scope.workspace()],
    )
    .await?;
    Ok(())
}

/// A quota's account in its current period: used, reserved, the highest warning.
pub(crate) type State = (BudgetId, i64, i64, i64);

pub(crate) async fn states(db: &Db, scope: &TenantScope, now: Timestamp) -> Result<Vec<State>, Error> {
    db.all(
        scope,
        "SELECT b.id, COALESCE(p.spent_nano, 0), COALESCE((
             SELECT CAST(sum(h.held_nano) AS BIGINT) FROM budget_holds h
             WHERE h.budget_id = b.id AND h.starts_at = p.starts_at AND h.expires_at > $4), 0), COALESCE((
             SELECT max(w.percent) FROM budget_warnings w
             WHERE w.budget_id = b.id AND w.starts_at = p.starts_at), 0)
         FROM budgets b LEFT JOIN budget_periods p ON p.budget_id = b.id AND p.starts_at =
             CASE b.period WHEN 'day' THEN CAST($2 AS BIGINT) WHEN 'month' THEN CAST($3 AS BIGINT) ELSE 0 END
         WHERE b.workspace_id = $1 AND b.quota = TRUE",
        params![scope.workspace(), BudgetPeriod::Day.start(now), BudgetPeriod::Month.start(now), now],
    )
    .await
}
