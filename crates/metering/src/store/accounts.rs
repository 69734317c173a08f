//! The tables `budget_periods`, `budget_holds` and `budget_warnings`: what is counted on each
//! account. The statements of a batch belong to many workspaces, so its transaction is the
//! platform's; each row carries its own.

use database::{Db, Error, Platform, Statement, Tx, params};
use kernel::{Timestamp, WorkspaceId};
use uuid::Uuid;

use crate::model::{
    Amount,
    budget::{Account, Rules, WARNINGS},
};

/// More than anybody uses; sums stop here rather than overflow.
const MOST: Amount = Amount::new(9_000_000_000_000_000_000);

/// Adds spending to an account, and locks it: whoever reserves on it next waits for the end
/// of this transaction.
pub(crate) fn spend(account: Account, workspace: WorkspaceId, spent: Amount) -> Statement {
    (
        "INSERT INTO budget_periods (budget_id, starts_at, workspace_id, spent_nano) VALUES ($1, $2, $3, $4)
         ON CONFLICT (budget_id, starts_at) DO UPDATE SET spent_nano =
             CASE WHEN budget_periods.spent_nano <= $5 - excluded.spent_nano
                 THEN budget_periods.spent_nano + excluded.spent_nano ELSE $5 END",
        params![account.budget, account.starts_at, workspace, spent.min(MOST), MOST],
    )
}

/// Writes down the warnings that an account has come to and that were not given yet. Counts them.
pub(crate) fn warn(account: Account, rules: &Rules, now: Timestamp) -> Statement {
    let [first, second, third] = WARNINGS;
    let reached = |percent| rules.threshold(percent);
    (
        "INSERT INTO budget_warnings (budget_id, starts_at, percent, workspace_id, warned_at, told)
         SELECT p.budget_id, p.starts_at, w.percent, p.workspace_id, CAST($3 AS BIGINT), FALSE
         FROM (SELECT CAST($4 AS BIGINT) AS percent, CAST($5 AS BIGINT) AS reached
             UNION ALL SELECT CAST($6 AS BIGINT), CAST($7 AS BIGINT)
             UNION ALL SELECT CAST($8 AS BIGINT), CAST($9 AS BIGINT)) w
         JOIN budget_periods p ON p.spent_nano >= w.reached
         WHERE p.budget_id = $1 AND p.starts_at = $2
         ON CONFLICT (budget_id, starts_at, percent) DO NOTHING",
        params![
            account.budget,
            account.starts_at,
            now,
            first,
            reached(first),
            second,
            reached(second),
            third,
            reached(third)
        ],
    )
}

/// The warnings of an account that this transaction has written, in percent; they count as
/// told from here on.
pub(crate) async fn tell(tx: &mut Tx, account: Account) -> Result<Vec<i64>, Error> {
    let rows: Vec<(i64,)> = tx
        .all(
            "UPDATE budget_warnings SET told = TRUE
             WHERE budget_id = $1 AND starts_at = $2 AND told = FALSE RETURNING percent",
            params![account.budget, account.starts_at],
        )
        .await?;
    let mut percents: Vec<i64> = rows.into_iter().map(|(percent,)| percent).collect();
    percents.sort_unstable();
    Ok(percents)
}

/// What one process keeps on an account, until when.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hold {
    pub account: Account,
    pub workspace: WorkspaceId,
    pub node: Uuid,
    pub held: Amount,
    pub expires_at: Timestamp,
}

/// Sets what a process holds.
pub(crate) fn hold(hold: &Hold) -> Statement {
    (
        "INSERT INTO budget_holds (budget_id, starts_at, node, workspace_id, held_nano, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (budget_id, starts_at, node)
             DO UPDATE SET held_nano = excluded.held_nano, expires_at = excluded.expires_at",
        params![hold.account.budget, hold.account.starts_at, hold.node, hold.workspace, hold.held, hold.expires_at],
    )
}

/// The same, if it fits below the limit beside what was spent and what others hold. Counts one
/// row if it does. The account must be locked.
pub(crate) fn hold_if_it_fits(hold: &Hold, limit: Amount, now: Timestamp) -> Statement {
    (
        "INSERT INTO budget_holds (budget_id, starts_at, node, workspace_id, held_nano, expires_at)
         SELECT p.budget_id, p.starts_at, $3, p.workspace_id, $4, $5
         FROM budget_periods p
         WHERE p.budget_id = $1 AND p.starts_at = $2
           AND p.spent_nano <= $7 - COALESCE((
               SELECT CAST(sum(h.held_nano) AS BIGINT) FROM budget_holds h
               WHERE h.budget_id = $1 AND h.starts_at = $2 AND h.node <> $3 AND h.expires_at > $6), 0)
         ON CONFLICT (budget_id, starts_at, node)
             DO UPDATE SET held_nano = excluded.held_nano, expires_at = excluded.expires_at",
        params![
            hold.account.budget,
            hold.account.starts_at,
            hold.node,
            hold.held,
            hold.expires_at,
            now,
            limit - hold.held
        ],
    )
}

/// What was spent on an account, and what processes other than `node` hold on it.
pub(crate) async fn taken(
    tx: &mut Tx,
    account: Account,
    node: Uuid,
    now: Timestamp,
) -> Result<(Amount, Amount), Error> {
    let found: Option<(i64, i64)> = tx
        .optional(
            "SELECT p.spent_nano, COALESCE((
                 SELECT CAST(sum(h.held_nano) AS BIGINT) FROM budget_holds h
                 WHERE h.budget_id = $1 AND h.starts_at = $2 AND h.node <> $3 AND h.expires_at > $4), 0)
             FROM budget_periods p WHERE p.budget_id = $1 AND p.starts_at = $2",
            params![account.budget, account.starts_at, node, now],
        )
        .await?;
    Ok(found.map_or((Amount::ZERO, Amount::ZERO), |(spent, held)| (Amount::new(spent), Amount::new(held))))
}

/// Deletes holds that ran out before `horizon`. Of all workspaces: the sweeper is the platform's.
pub(crate) async fn forget_holds(db: &Db, horizon: Timestamp) -> Result<u64, Error> {
    db.execute(Platform, "DELETE FROM budget_holds WHERE expires_at < $1", params![horizon]).await
}
