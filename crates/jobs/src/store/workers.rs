//! The table `job_workers`, and who leads. Processes belong to the platform.

use database::{Db, Error, Platform, from_row, params};
use kernel::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// Says that a process works from now on.
pub(crate) async fn register(
    db: &Db,
    worker: Uuid,
    name: &str,
    slots: u32,
    now: Timestamp,
    until: Timestamp,
) -> Result<(), Error> {
    db.execute(
        Platform,
        "INSERT INTO job_workers (id, name, slots, started_at, lease_expires_at) VALUES ($1, $2, $3, $4, $5)",
        params![worker, name, slots, now, until],
    )
    .await
    .map(drop)
}

/// Renews the lease. False: it had run out, and others may have what it held.
pub(crate) async fn renew(db: &Db, worker: Uuid, now: Timestamp, until: Timestamp) -> Result<bool, Error> {
    let renewed = db
        .execute_relaxed(
            Platform,
            "UPDATE job_workers SET lease_expires_at = $3 WHERE id = $1 AND lease_expires_at > $2",
            params![worker, now, until],
        )
        .await?;
    Ok(renewed == 1)
}

pub(crate) async fn leave(db: &Db, worker: Uuid) -> Result<(), Error> {
    db.execute(Platform, "DELETE FROM job_workers WHERE id = $1", params![worker]).await.map(drop)
}

/// Forgets all others: on SQLite one process works, so they are dead.
pub(crate) async fn forget_others(db: &Db, worker: Uuid) -> Result<(), Error> {
    db.execute(Platform, "DELETE FROM job_workers WHERE id <> $1", params![worker]).await.map(drop)
}

/// Forgets those that died before `horizon`.
pub(crate) async fn forget_dead(db: &Db, horizon: Timestamp) -> Result<(), Error> {
    db.execute(Platform, "DELETE FROM job_workers WHERE lease_expires_at < $1", params![horizon]).await.map(drop)
}

/// Takes or keeps the lead. False: another has it.
pub(crate) async fn lead(db: &Db, worker: Uuid, now: Timestamp, until: Timestamp) -> Result<bool, Error> {
    let leads = db
        .execute_relaxed(
            Platform,
            "INSERT INTO job_leader (role, worker_id, lease_expires_at) VALUES ('leader', $1, $3)
             ON CONFLICT (role) DO UPDATE SET worker_id = $1, lease_expires_at = $3
             WHERE job_leader.worker_id = $1 OR job_leader.lease_expires_at <= $2",
            params![worker, now, until],
        )
        .await?;
    Ok(leads == 1)
}

/// Gives the lead up.
pub(crate) async fn resign(db: &Db, worker: Uuid) -> Result<(), Error> {
    db.execute(Platform, "DELETE FROM job_leader WHERE worker_id = $1", params![worker]).await.map(drop)
}

/// A process that works, as operators see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct WorkerView {
    #[schema(example = "web-1 (4711)")]
    pub name: String,
    /// Jobs that it runs at a time.
    pub slots: i64,
    /// Jobs that it holds.
    pub running: i64,
    pub started_at: Timestamp,
    pub lease_expires_at: Timestamp,
    /// It has the lease that schedules go by.
    pub leads: bool,
}
from_row!(WorkerView { name, slots, running, started_at, lease_expires_at, leads });

pub(crate) async fn all(db: &Db) -> Result<Vec<WorkerView>, Error> {
    db.all(
        Platform,
        "SELECT w.name, w.slots, (SELECT count(*) FROM jobs j WHERE j.state = 'running' AND j.worker_id = w.id),
             w.started_at, w.lease_expires_at, l.worker_id IS NOT NULL
         FROM job_workers w LEFT JOIN job_leader l ON l.worker_id = w.id ORDER BY w.name, w.started_at",
        params![],
    )
    .await
}
