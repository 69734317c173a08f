//! Claiming on SQLite, whose one writer makes claims wait for each other. Of all workspaces: workers are the platform's.

use database::{Error, Tx, params};
use kernel::Timestamp;
use uuid::Uuid;

use crate::model::Claimed;

pub(crate) async fn take(
    tx: &mut Tx,
    lanes: &[(String, u32)],
    worker: Uuid,
    now: Timestamp,
) -> Result<Vec<Claimed>, Error> {
    let mut taken = Vec::new();
    for (lane, count) in lanes {
        let rows: Vec<Claimed> = tx
            .all(
                "UPDATE jobs SET state = 'running', worker_id = $3, started_at = $4, claim = claim + 1, attempts = attempts + 1
                 WHERE id IN (SELECT id FROM jobs WHERE state = 'waiting' AND lane = $1 ORDER BY due_at, id LIMIT $2)
                 RETURNING id, workspace_id, kind, payload, attempts, claim, failures, due_at",
                params![lane, *count, worker, now],
            )
            .await?;
        taken.extend(rows);
    }
    Ok(taken)
}
