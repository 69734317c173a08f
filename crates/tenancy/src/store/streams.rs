//! The table `audit_streams`: how far each audit log has been sent.

use database::{Db, Error, FromRow, Platform, Row, Scope, Tx, params};
use kernel::{Timestamp, WorkspaceId};
use uuid::Uuid;

use super::audit::Chain;
use crate::model::{AuditStream, AuditStreamKind, AuditStreamState};

impl FromRow for AuditStream {
    fn from_row(row: &mut Row<'_>) -> Result<Self, Error> {
        let kind = kind(row)?;
        let (address, authority, position) = (row.next()?, row.next()?, row.next()?);
        let (paused_at, gave_up): (Option<Timestamp>, bool) = (row.next()?, row.next()?);
        let (last_delivered_at, failures, failing_since) = (row.next()?, row.next()?, row.next()?);
        let (last_error, due_at): (_, Timestamp) = (row.next()?, row.next()?);
        let (created_at, updated_at, behind) = (row.next()?, row.next()?, row.next()?);
        let state = match (paused_at, gave_up, failures) {
            (Some(_), true, _) => AuditStreamState::GaveUp,
            (Some(_), false, _) => AuditStreamState::Paused,
            (None, _, 0) => AuditStreamState::Active,
            (None, ..) => AuditStreamState::Failing,
        };
        let next_attempt_at = (paused_at.is_none() && behind > 0).then_some(due_at);
        Ok(Self {
            kind,
            address,
            authority,
            state,
            position,
            behind,
            last_delivered_at,
            failures,
            failing_since,
            last_error,
            next_attempt_at,
            created_at,
            updated_at,
        })
    }
}

fn kind(row: &mut Row<'_>) -> Result<AuditStreamKind, Error> {
    let name: String = row.next()?;
    AuditStreamKind::from_name(&name)
        .ok_or_else(|| Error::Decode { column: "kind".to_owned(), message: format!("`{name}` is no kind of stream") })
}

/// A stream that this process has in hand.
#[derive(Debug)]
pub struct Taken {
    pub chain: Chain,
    pub target: Target,
    pub position: i64,
    pub failures: i64,
    pub failing_since: Option<Timestamp>,
}

/// Where a stream goes.
#[derive(Debug, Clone)]
pub struct Target {
    pub kind: AuditStreamKind,
    pub address: String,
    pub authority: Option<String>,
    pub sealed_secret: Option<Vec<u8>>,
}

impl FromRow for Target {
    fn from_row(row: &mut Row<'_>) -> Result<Self, Error> {
        Ok(Self { kind: kind(row)?, address: row.next()?, authority: row.next()?, sealed_secret: row.next()? })
    }
}

impl FromRow for Taken {
    fn from_row(row: &mut Row<'_>) -> Result<Self, Error> {
        let workspace: Option<WorkspaceId> = row.next()?;
        let target = Target::from_row(row)?;
        Ok(Self {
            chain: Chain(workspace),
            target,
            position: row.next()?,
            failures: row.next()?,
            failing_since: row.next()?,
        })
    }
}

macro_rules! shown {
    () => {
        "SELECT s.kind, s.address, s.authority, s.position, s.paused_at, s.gave_up, s.last_delivered_at, s.failures,
                s.failing_since, s.last_error, s.due_at, s.created_at, s.updated_at,
                COALESCE(h.position, 0) - s.position
         FROM audit_streams s LEFT JOIN audit_heads h ON h.chain = s.chain WHERE s.chain = $1"
    };
}

pub async fn find(db: &Db, scope: Scope, chain: Chain) -> Result<Option<AuditStream>, Error> {
    db.optional(scope, shown!(), params![chain.id()]).await
}

pub async fn find_within(tx: &mut Tx, chain: Chain) -> Result<Option<AuditStream>, Error> {
    tx.optional(shown!(), params![chain.id()]).await
}

pub async fn target(db: &Db, scope: Scope, chain: Chain) -> Result<Option<Target>, Error> {
    db.optional(
        scope,
        "SELECT kind, address, authority, sealed_secret FROM audit_streams WHERE chain = $1",
        params![chain.id()],
    )
    .await
}

/// Writes where the log goes, new or changed; it is under way then. Whoever has it in hand loses it.
pub async fn put(tx: &mut Tx, chain: Chain, target: &Target, position: i64, now: Timestamp) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO audit_streams (chain, workspace_id, kind, address, authority, sealed_secret, position, gave_up,
             failures, due_at, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, FALSE, 0, $8, $8, $8)
         ON CONFLICT (chain) DO UPDATE SET kind = excluded.kind, address = excluded.address,
             authority = excluded.authority, sealed_secret = excluded.sealed_secret, position = excluded.position,
             paused_at = NULL, gave_up = FALSE, failures = 0, failing_since = NULL, last_error = NULL,
             due_at = excluded.due_at, lease = NULL, updated_at = excluded.updated_at",
        params![
            chain.id(),
            chain.0,
            target.kind.as_str(),
            target.address.as_str(),
            target.authority.clone(),
            target.sealed_secret.clone(),
            position,
            now
        ],
    )
    .await?;
    Ok(())
}

pub async fn set_secret(tx: &mut Tx, chain: Chain, sealed: Vec<u8>, now: Timestamp) -> Result<bool, Error> {
    let changed = tx
        .execute(
            "UPDATE audit_streams SET sealed_secret = $2, updated_at = $3 WHERE chain = $1 AND kind = 'webhook'",
            params![chain.id(), sealed, now],
        )
        .await?;
    Ok(changed == 1)
}

/// Whether there was one.
pub async fn delete(tx: &mut Tx, chain: Chain) -> Result<bool, Error> {
    Ok(tx.execute("DELETE FROM audit_streams WHERE chain = $1", params![chain.id()]).await? == 1)
}

/// Whether it was under way.
pub async fn pause(tx: &mut Tx, chain: Chain, now: Timestamp) -> Result<bool, Error> {
    let changed = tx
        .execute(
            "UPDATE audit_streams SET paused_at = $2, gave_up = FALSE, lease = NULL, updated_at = $2
             WHERE chain = $1 AND paused_at IS NULL",
            params![chain.id(), now],
        )
        .await?;
    Ok(changed == 1)
}

/// Whether it was paused. What has not arrived is sent first.
pub async fn resume(tx: &mut Tx, chain: Chain, now: Timestamp) -> Result<bool, Error> {
    let changed = tx
        .execute(
            "UPDATE audit_streams SET paused_at = NULL, gave_up = FALSE, failures = 0, failing_since = NULL,
                 due_at = $2, lease = NULL, updated_at = $2
             WHERE chain = $1 AND paused_at IS NOT NULL",
            params![chain.id(), now],
        )
        .await?;
    Ok(changed == 1)
}

/// When something is to be sent next; none: nothing waits.
pub async fn next_due(db: &Db) -> Result<Option<Timestamp>, Error> {
    // The delivery is one for all workspaces.
    let (due,): (Option<Timestamp>,) = db
        .one(
            Platform,
            "SELECT min(s.due_at) FROM audit_streams s JOIN audit_heads h ON h.chain = s.chain
             WHERE s.paused_at IS NULL AND h.position > s.position",
            params![],
        )
        .await?;
    Ok(due)
}

/// Takes up to `limit` streams that are due, under a lease. Of two processes that ask at the same time one waits
/// for the other's rows, and then finds them taken.
pub async fn take(db: &Db, lease: Uuid, now: Timestamp, until: Timestamp, limit: i64) -> Result<Vec<Taken>, Error> {
    let mut tx = db.begin(Platform).await?;
    let taken = tx
        .all(
            "UPDATE audit_streams SET lease = $1, due_at = $3
             WHERE paused_at IS NULL AND due_at <= $2 AND chain IN (
                 SELECT s.chain FROM audit_streams s JOIN audit_heads h ON h.chain = s.chain
                 WHERE s.paused_at IS NULL AND s.due_at <= $2 AND h.position > s.position
                 ORDER BY s.due_at, s.chain LIMIT $4)
             RETURNING workspace_id, kind, address, authority, sealed_secret, position, failures, failing_since",
            params![lease, now, until, limit],
        )
        .await?;
    tx.commit().await?;
    Ok(taken)
}

/// Notes that everything up to `position` has arrived. False: another process has overtaken the lease, or the
/// stream was changed meanwhile; then it is sent again.
pub async fn delivered(
    db: &Db,
    scope: Scope,
    chain: Chain,
    lease: Uuid,
    position: i64,
    now: Timestamp,
) -> Result<bool, Error> {
    let noted = db
        .execute(
            scope,
            "UPDATE audit_streams SET position = $3, last_delivered_at = $4, failures = 0, failing_since = NULL,
                 last_error = NULL, due_at = $4, lease = NULL
             WHERE chain = $1 AND lease = $2",
            params![chain.id(), lease, position, now],
        )
        .await?;
    Ok(noted == 1)
}

/// What has become of an attempt that failed.
pub struct Failed<'a> {
    pub error: &'a str,
    pub now: Timestamp,
    /// When to try again.
    pub due_at: Timestamp,
    pub gives_up: bool,
}

/// Gives the stream back for another attempt, or pauses it. False: it is in other hands.
pub async fn failed(tx: &mut Tx, chain: Chain, lease: Uuid, failed: Failed<'_>) -> Result<bool, Error> {
    let noted = tx
        .execute(
            "UPDATE audit_streams SET failures = failures + 1, failing_since = COALESCE(failing_since, $3),
                 last_error = $4, due_at = $5, lease = NULL, gave_up = $6,
                 paused_at = CASE WHEN $6 THEN $3 ELSE paused_at END
             WHERE chain = $1 AND lease = $2",
            params![chain.id(), lease, failed.now, failed.error, failed.due_at, failed.gives_up],
        )
        .await?;
    Ok(noted == 1)
}
