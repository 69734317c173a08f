//! The table `cache_savings`: one row a day for each person whose questions the gateway's
//! cache has answered.

use database::{Db, Error, Platform, Statement, params};
use kernel::{NanoUsd, TenantScope, UserId, WorkspaceId};

use crate::model::Period;

/// What was saved by whom on a day.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Saving {
    pub workspace: WorkspaceId,
    /// Days since 1970-01-01 UTC.
    pub day: i64,
    pub user: UserId,
    pub answers: i64,
    pub saved: NanoUsd,
}

/// Adds to what was saved, of all workspaces at once: each row says whose it is. A workspace
/// that is gone has saved nothing.
pub(crate) async fn add(db: &Db, savings: &[Saving]) -> Result<(), Error> {
    let statements = savings.iter().map(|saving| -> Statement {
        (
            "INSERT INTO cache_savings (workspace_id, day, user_id, answers, saved_nano)
             SELECT id, CAST($2 AS BIGINT), $3, CAST($4 AS BIGINT), CAST($5 AS BIGINT)
             FROM workspaces WHERE id = $1
             ON CONFLICT (workspace_id, day, user_id) DO UPDATE SET
                 answers = cache_savings.answers + excluded.answers,
                 saved_nano = cache_savings.saved_nano + excluded.saved_nano",
            params![saving.workspace, saving.day, saving.user, saving.answers, saving.saved],
        )
    });
    let mut tx = db.begin(Platform).await?;
    tx.execute_batch(statements.collect()).await?;
    tx.commit().await
}

/// The answers of a period that came from the cache, and what they would have cost: of
/// everybody, or of one user.
pub(crate) async fn sum(
    db: &Db,
    scope: &TenantScope,
    only: Option<UserId>,
    period: Period,
) -> Result<(i64, NanoUsd), Error> {
    db.one(
        scope,
        "SELECT CAST(COALESCE(sum(answers), 0) AS BIGINT), CAST(COALESCE(sum(saved_nano), 0) AS BIGINT)
         FROM cache_savings
         WHERE workspace_id = $1 AND day >= $2 AND day <= $3 AND (CAST($4 AS UUID) IS NULL OR user_id = $4)",
        params![scope.workspace(), period.first_day(), period.last_day(), only],
    )
    .await
}
