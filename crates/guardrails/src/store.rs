//! The tables `guardrail_policies` and `guardrail_decisions`.

pub(crate) mod archive;

use contracts::guardrails::{Action, Decision, NewDecisions};
use database::{Db, Error, FromRow, Json, Platform, Row, Statement, Tx, params};
use kernel::{ApiKeyId, DecisionId, TenantScope, Timestamp, UserId};
use uuid::Uuid;

use crate::model::{Policy, Recorded};

/// A policy and whose it is; no key: the workspace's.
pub(crate) struct Stored {
    pub key: Option<ApiKeyId>,
    pub policy: Policy,
    pub updated_at: Timestamp,
}

impl FromRow for Stored {
    fn from_row(row: &mut Row<'_>) -> Result<Self, Error> {
        let key = row.next()?;
        let Json(policy) = row.next()?;
        Ok(Self { key, policy, updated_at: row.next()? })
    }
}

/// All of a workspace.
pub(crate) async fn policies(db: &Db, scope: &TenantScope) -> Result<Vec<Stored>, Error> {
    db.all(
        scope,
        "SELECT api_key_id, policy, updated_at FROM guardrail_policies WHERE workspace_id = $1 ORDER BY subject_id",
        params![scope.workspace()],
    )
    .await
}

/// Sets the workspace's policy, or a key's.
pub(crate) async fn put(
    tx: &mut Tx,
    scope: &TenantScope,
    key: Option<ApiKeyId>,
    policy: &Policy,
    (by, now): (UserId, Timestamp),
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO guardrail_policies (subject_id, workspace_id, api_key_id, policy, updated_at, updated_by)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (subject_id) DO UPDATE SET policy = excluded.policy, updated_at = excluded.updated_at,
             updated_by = excluded.updated_by
         WHERE guardrail_policies.workspace_id = excluded.workspace_id",
        params![subject(scope, key), scope.workspace(), key, Json(policy), now, by],
    )
    .await?;
    Ok(())
}

pub(crate) async fn delete(tx: &mut Tx, scope: &TenantScope, key: Option<ApiKeyId>) -> Result<(), Error> {
    tx.execute(
        "DELETE FROM guardrail_policies WHERE workspace_id = $1 AND subject_id = $2",
        params![scope.workspace(), subject(scope, key)],
    )
    .await?;
    Ok(())
}

fn subject(scope: &TenantScope, key: Option<ApiKeyId>) -> Uuid {
    key.map_or_else(|| scope.workspace().uuid(), ApiKeyId::uuid)
}

/// One decision of a call.
pub(crate) fn insert(
    scope: &TenantScope,
    id: DecisionId,
    call: &NewDecisions,
    decision: &Decision,
    now: Timestamp,
) -> Statement {
    (
        "INSERT INTO guardrail_decisions (id, workspace_id, user_id, api_key_id, run_id, usage_id, rule, action,
             count, occurred_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        params![
            id,
            scope.workspace(),
            call.user,
            call.key,
            call.run,
            call.usage,
            decision.rule.as_str(),
            decision.action.as_str(),
            i64::from(decision.count),
            now
        ],
    )
}

impl FromRow for Recorded {
    fn from_row(row: &mut Row<'_>) -> Result<Self, Error> {
        let (id, rule) = (row.next()?, row.next()?);
        let action: String = row.next()?;
        let unknown = || Error::Decode { column: "action".to_owned(), message: format!("{action:?} is no action") };
        Ok(Self {
            id,
            rule,
            action: Action::from_name(&action).ok_or_else(unknown)?,
            count: row.next()?,
            user_id: row.next()?,
            key_id: row.next()?,
            run_id: row.next()?,
            usage_id: row.next()?,
            occurred_at: row.next()?,
        })
    }
}

/// The newest first, those before `before`; with `action`, only those.
pub(crate) async fn decisions(
    db: &Db,
    scope: &TenantScope,
    action: Option<Action>,
    before: Option<DecisionId>,
    limit: i64,
) -> Result<Vec<Recorded>, Error> {
    db.all(
        scope,
        "SELECT id, rule, action, count, user_id, api_key_id, run_id, usage_id, occurred_at
         FROM guardrail_decisions
         WHERE workspace_id = $1 AND (CAST($2 AS TEXT) IS NULL OR action = $2)
           AND (CAST($3 AS UUID) IS NULL OR id < $3)
         ORDER BY id DESC LIMIT $4",
        params![scope.workspace(), action.map(Action::as_str), before, limit],
    )
    .await
}

/// Forgets old decisions of every workspace: retention is the platform's.
pub(crate) async fn forget(db: &Db, before: Timestamp) -> Result<u64, Error> {
    db.execute(Platform, "DELETE FROM guardrail_decisions WHERE occurred_at < $1", params![before]).await
}
