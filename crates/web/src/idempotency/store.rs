//! Answers kept for repeated requests.

use database::{Db, Error, Tx, from_row, params};
use kernel::{TenantScope, Timestamp, UserId};

/// What is known of a key.
pub(super) struct Stored {
    pub request_hash: Vec<u8>,
    /// None while the first request is still being served.
    pub status: Option<i64>,
    pub content_type: Option<String>,
    pub body: Option<Vec<u8>>,
}

from_row!(Stored { request_hash, status, content_type, body });

pub(super) async fn find(tx: &mut Tx, scope: &TenantScope, user: UserId, key: &str) -> Result<Option<Stored>, Error> {
    tx.optional(
        "SELECT request_hash, status, content_type, body FROM idempotency_keys
         WHERE workspace_id = $1 AND user_id = $2 AND key = $3",
        params![scope.workspace(), user, key],
    )
    .await
}

/// Claims a key; an expired claim is taken over. False: somebody else has it.
pub(super) async fn claim(
    tx: &mut Tx,
    scope: &TenantScope,
    user: UserId,
    key: &str,
    request_hash: &[u8],
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<bool, Error> {
    let claimed = tx
        .execute(
            "INSERT INTO idempotency_keys (workspace_id, user_id, key, request_hash, created_at, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (workspace_id, user_id, key) DO UPDATE
             SET request_hash = excluded.request_hash, status = NULL, content_type = NULL, body = NULL,
                 created_at = excluded.created_at, expires_at = excluded.expires_at
             WHERE idempotency_keys.expires_at <= $5",
            params![scope.workspace(), user, key, request_hash.to_vec(), now, expires_at],
        )
        .await?;
    Ok(claimed == 1)
}

pub(super) async fn complete(
    db: &Db,
    scope: &TenantScope,
    user: UserId,
    key: &str,
    answer: (i64, Option<String>, Vec<u8>),
    expires_at: Timestamp,
) -> Result<(), Error> {
    let (status, content_type, body) = answer;
    db.execute(
        scope,
        "UPDATE idempotency_keys SET status = $4, content_type = $5, body = $6, expires_at = $7
         WHERE workspace_id = $1 AND user_id = $2 AND key = $3",
        params![scope.workspace(), user, key, status, content_type, body, expires_at],
    )
    .await
    .map(drop)
}

pub(super) async fn release(db: &Db, scope: &TenantScope, user: UserId, key: &str) -> Result<(), Error> {
    db.execute(
        scope,
        "DELETE FROM idempotency_keys WHERE workspace_id = $1 AND user_id = $2 AND key = $3",
        params![scope.workspace(), user, key],
    )
    .await
    .map(drop)
}

/// Deletes what was kept for one workspace.
pub(super) async fn forget(db: &Db, scope: &TenantScope) -> Result<u64, Error> {
    db.execute(scope, "DELETE FROM idempotency_keys WHERE workspace_id = $1", params![scope.workspace()]).await
}

/// Deletes the expired keys of all workspaces: retention is the platform's business.
pub(super) async fn sweep(db: &Db, now: Timestamp) -> Result<u64, Error> {
    db.execute(database::Platform, "DELETE FROM idempotency_keys WHERE expires_at <= $1", params![now]).await
}
