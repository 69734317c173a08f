//! The table `job_schedules`. Schedules are the platform's.

use database::{Db, Error, Platform, Tx, from_row, params};
use kernel::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// A schedule as operators see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ScheduleView {
    #[schema(example = "chat.clean_up")]
    pub name: String,
    pub kind: String,
    #[schema(example = "*/10 * * * *")]
    pub cron: String,
    #[schema(example = "UTC")]
    pub zone: String,
    pub next_at: Timestamp,
    /// The tick that ran last.
    #[schema(required)]
    pub last_at: Option<Timestamp>,
}
from_row!(ScheduleView { name, kind, cron, zone, next_at, last_at });

pub(crate) async fn all(db: &Db) -> Result<Vec<ScheduleView>, Error> {
    let list = "SELECT name, kind, cron, zone, next_at, last_at FROM job_schedules ORDER BY name";
    db.all(Platform, list, params![]).await
}

/// Adds a schedule, or moves one whose times are others now.
pub(crate) async fn put(
    db: &Db,
    name: &str,
    kind: &str,
    cron: &str,
    zone: &str,
    next_at: Timestamp,
) -> Result<(), Error> {
    db.execute(
        Platform,
        "INSERT INTO job_schedules (name, kind, cron, zone, next_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (name) DO UPDATE SET kind = $2, cron = $3, zone = $4, next_at = $5
         WHERE job_schedules.cron <> $3 OR job_schedules.zone <> $4 OR job_schedules.kind <> $2",
        params![name, kind, cron, zone, next_at],
    )
    .await
    .map(drop)
}

/// Moves a schedule on from one tick to another. False: somebody else has.
pub(crate) async fn advance(
    tx: &mut Tx,
    name: &str,
    from: Timestamp,
    next_at: Timestamp,
    last_at: Timestamp,
) -> Result<bool, Error> {
    let moved = tx
        .execute(
            "UPDATE job_schedules SET next_at = $3, last_at = $4 WHERE name = $1 AND next_at = $2",
            params![name, from, next_at, last_at],
        )
        .await?;
    Ok(moved == 1)
}
