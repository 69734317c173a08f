//! The table `outbox`.

use database::{Db, Error, Platform, Tx, params};
use kernel::{EventId, TenantScope, Timestamp};

use crate::outbox::NewEvent;

pub(crate) async fn insert(
    tx: &mut Tx,
    scope: &TenantScope,
    id: EventId,
    event: NewEvent<'_>,
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO outbox (id, workspace_id, event_type, subject_id, payload, created_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
        params![id, scope.workspace(), event.event_type, event.subject, event.payload, now],
    )
    .await
    .map(drop)
}

/// Deletes the rows of all workspaces written before `horizon`: retention is the platform's.
pub(crate) async fn delete_before(db: &Db, horizon: Timestamp) -> Result<u64, Error> {
    db.execute(Platform, "DELETE FROM outbox WHERE created_at < $1", params![horizon]).await
}
