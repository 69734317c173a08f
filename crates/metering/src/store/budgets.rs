//! The table `budgets`, and what the API shows of each. A plan's quotas have their accounts in
//! it too; they are no budgets of the API's.

use contracts::{metering::BudgetPeriod, plans::QuotaUnit};
use database::{Db, Error, FromRow, Row, Tx, params};
use kernel::{BudgetId, NanoUsd, TenantScope, Timestamp, UserId};
use uuid::Uuid;

use crate::model::{
    Amount,
    budget::{Account, Budget, BudgetSubject, Rules, WARNINGS},
};

macro_rules! rules {
    () => {
        "b.id, b.name, b.subject, b.subject_id, b.period, b.limit_nano, b.hard, b.counts_from, b.created_at,
             b.unit, b.quota"
    };
}

impl FromRow for Rules {
    fn from_row(row: &mut Row<'_>) -> Result<Self, Error> {
        let (id, name) = (row.next()?, row.next()?);
        let (kind, subject): (String, Option<Uuid>) = (row.next()?, row.next()?);
        let period: String = row.next()?;
        let unknown = |column: &str, message| Error::Decode { column: column.to_owned(), message };
        let (limit, hard, counts_from, created_at) = (row.next()?, row.next()?, row.next()?, row.next()?);
        let unit: String = row.next()?;
        Ok(Self {
            id,
            name,
            subject: BudgetSubject::from_columns(&kind, subject)
                .ok_or_else(|| unknown("subject", format!("{kind:?} is no subject")))?,
            period: BudgetPeriod::from_name(&period)
                .ok_or_else(|| unknown("period", format!("{period:?} is no period")))?,
            unit: QuotaUnit::from_name(&unit).ok_or_else(|| unknown("unit", format!("{unit:?} is no unit")))?,
            quota: row.next()?,
            limit: Amount::new(limit),
            hard,
            counts_from,
            created_at,
        })
    }
}

/// The rules of all budgets and quotas of a workspace.
pub(crate) async fn all(db: &Db, scope: &TenantScope) -> Result<Vec<Rules>, Error> {
    db.all(
        scope,
        concat!("SELECT ", rules!(), " FROM budgets b WHERE b.workspace_id = $1 ORDER BY b.id"),
        params![scope.workspace()],
    )
    .await
}

/// The same within a transaction.
pub(crate) async fn all_within(tx: &mut Tx, scope: &TenantScope) -> Result<Vec<Rules>, Error> {
    tx.all(
        concat!("SELECT ", rules!(), " FROM budgets b WHERE b.workspace_id = $1 ORDER BY b.id"),
        params![scope.workspace()],
    )
    .await
}

pub(crate) async fn find(tx: &mut Tx, scope: &TenantScope, id: BudgetId) -> Result<Option<Rules>, Error> {
    tx.optional(
        concat!("SELECT ", rules!(), " FROM budgets b WHERE b.workspace_id = $1 AND b.id = $2 AND b.quota = FALSE"),
        params![scope.workspace(), id],
    )
    .await
}

pub(crate) async fn count(tx: &mut Tx, scope: &TenantScope) -> Result<i64, Error> {
    let (count,) = tx
        .one("SELECT count(*) FROM budgets WHERE workspace_id = $1 AND quota = FALSE", params![scope.workspace()])
        .await?;
    Ok(count)
}

pub(crate) async fn insert(tx: &mut Tx, scope: &TenantScope, rules: &Rules) -> Result<(), Error> {
    let (kind, subject) = rules.subject.columns();
    tx.execute(
        "INSERT INTO budgets (id, workspace_id, name, subject, subject_id, period, limit_nano, hard,
             counts_from, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)",
        params![
            rules.id,
            scope.workspace(),
            rules.name.as_str(),
            kind,
            subject,
            rules.period.as_str(),
            rules.limit,
            rules.hard,
            rules.counts_from,
            rules.created_at
        ],
    )
    .await?;
    Ok(())
}

/// Opens a budget's first account with what was spent in that period already.
pub(crate) async fn open(tx: &mut Tx, scope: &TenantScope, account: Account, spent: NanoUsd) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO budget_periods (budget_id, starts_at, workspace_id, spent_nano) VALUES ($1, $2, $3, $4)",
        params![account.budget, account.starts_at, scope.workspace(), spent],
    )
    .await?;
    Ok(())
}

/// Whether there was such a budget.
pub(crate) async fn update(tx: &mut Tx, scope: &TenantScope, rules: &Rules, now: Timestamp) -> Result<bool, Error> {
    let changed = tx
        .execute(
            "UPDATE budgets SET name = $3, limit_nano = $4, hard = $5, updated_at = $6
             WHERE workspace_id = $1 AND id = $2",
            params![scope.workspace(), rules.id, rules.name.as_str(), rules.limit, rules.hard, now],
        )
        .await?;
    Ok(changed == 1)
}

/// Whether there was such a budget.
pub(crate) async fn delete(tx: &mut Tx, scope: &TenantScope, id: BudgetId) -> Result<bool, Error> {
    let deleted = tx
        .execute(
            "DELETE FROM budgets WHERE workspace_id = $1 AND id = $2 AND quota = FALSE",
            params![scope.workspace(), id],
        )
        .await?;
    Ok(deleted == 1)
}

/// A budget and its state: spent, reserved, the highest warning.
struct Shown(Rules, NanoUsd, NanoUsd, i64);

impl FromRow for Shown {
    fn from_row(row: &mut Row<'_>) -> Result<Self, Error> {
        Ok(Self(Rules::from_row(row)?, row.next()?, row.next()?, row.next()?))
    }
}

/// The budgets of a workspace after `after`, the oldest first; with `user`, those over
/// everybody, over groups, and over that user alone; with `id`, that one.
pub(crate) async fn page(db: &Db, scope: &TenantScope, filter: Filter, now: Timestamp) -> Result<Vec<Budget>, Error> {
    let shown: Vec<Shown> = db
        .all(
            scope,
            concat!(
                "SELECT ",
                rules!(),
                ", COALESCE(p.spent_nano, 0), COALESCE((
                     SELECT CAST(sum(h.held_nano) AS BIGINT) FROM budget_holds h
                     WHERE h.budget_id = b.id AND h.starts_at = p.starts_at AND h.expires_at > $4), 0), COALESCE((
                     SELECT max(w.percent) FROM budget_warnings w
                     WHERE w.budget_id = b.id AND w.starts_at = p.starts_at), 0)
                 FROM budgets b LEFT JOIN budget_periods p ON p.budget_id = b.id AND p.starts_at =
                     CASE b.period WHEN 'day' THEN CAST($2 AS BIGINT) WHEN 'month' THEN CAST($3 AS BIGINT) ELSE 0 END
                 WHERE b.workspace_id = $1 AND b.quota = FALSE
                   AND (CAST($5 AS UUID) IS NULL OR b.subject IN ('workspace', 'group') OR b.subject_id = $5)
                   AND (CAST($6 AS UUID) IS NULL OR b.id > $6)
                   AND (CAST($7 AS UUID) IS NULL OR b.id = $7)
                 ORDER BY b.id LIMIT $8"
            ),
            params![
                scope.workspace(),
                BudgetPeriod::Day.start(now),
                BudgetPeriod::Month.start(now),
                now,
                filter.user,
                filter.after,
                filter.id,
                filter.limit
            ],
        )
        .await?;
    Ok(shown.into_iter().map(|shown| shown.into_budget(now)).collect())
}

/// Which budgets to show.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Filter {
    pub user: Option<UserId>,
    pub after: Option<BudgetId>,
    pub id: Option<BudgetId>,
    pub limit: u32,
}

impl Shown {
    fn into_budget(self, now: Timestamp) -> Budget {
        let Self(rules, spent, reserved, warned) = self;
        Budget {
            id: rules.id,
            name: rules.name,
            subject: rules.subject,
            period: rules.period,
            limit_usd: NanoUsd::new(rules.limit.get()),
            hard: rules.hard,
            spent_usd: spent,
            reserved_usd: reserved,
            resets_at: rules.period.end(now),
            created_at: rules.created_at,
            warned: WARNINGS.into_iter().filter(|percent| *percent <= warned).collect(),
        }
    }
}
