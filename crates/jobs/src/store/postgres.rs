//! Claiming on PostgreSQL. Of all workspaces: workers are the platform's.
//!
//! Claims take an advisory lock until they commit, so limits and shares are exact over all processes; a claim takes a
//! whole batch, so that the lock is no bottleneck. Rows that somebody else holds, who cancels one for instance, are
//! skipped and not waited for.

use database::{Error, Json, Statement, Tx, params};
use kernel::{JobId, Timestamp};
use uuid::Uuid;

use crate::model::Claimed;

/// Held until the end of the transaction ("jobs" in ASCII). And has indexes used: a plan that was made while the table
/// was small, and is kept, would read all of it when a flood has come.
pub(crate) fn one_after_the_other() -> Statement {
    ("SELECT pg_advisory_xact_lock(1785684595), set_config('enable_seqscan', 'off', true)", params![])
}

pub(crate) async fn take(
    tx: &mut Tx,
    lanes: &[(String, u32)],
    worker: Uuid,
    now: Timestamp,
) -> Result<Vec<Claimed>, Error> {
    tx.all(
        "WITH picked AS (
             SELECT p.id FROM jsonb_array_elements(CAST($1 AS JSONB)) AS l (pair)
             CROSS JOIN LATERAL (
                 SELECT j.id FROM jobs j WHERE j.state = 'waiting' AND j.lane = l.pair ->> 0
                 ORDER BY j.due_at, j.id LIMIT CAST(l.pair ->> 1 AS BIGINT) FOR UPDATE SKIP LOCKED) p
         )
         UPDATE jobs SET state = 'running', worker_id = $2, started_at = $3, claim = claim + 1, attempts = attempts + 1
         FROM picked WHERE jobs.id = picked.id
         RETURNING jobs.id, workspace_id, kind, payload, attempts, claim, failures, due_at",
        params![Json(lanes), worker, now],
    )
    .await
}

pub(crate) async fn end_gone(tx: &mut Tx, jobs: &[(JobId, i64)]) -> Result<Vec<JobId>, Error> {
    let pairs: Vec<(Uuid, i64)> = jobs.iter().map(|(id, claim)| (id.uuid(), *claim)).collect();
    // As above.
    tx.execute("SELECT set_config('enable_seqscan', 'off', true)", params![]).await?;
    let rows: Vec<(JobId,)> = tx
        .all(
            "DELETE FROM jobs
             USING (SELECT CAST(pair ->> 0 AS UUID) AS id, CAST(pair ->> 1 AS BIGINT) AS claim
                    FROM jsonb_array_elements(CAST($1 AS JSONB)) AS e (pair)) ended
             WHERE jobs.id = ended.id AND jobs.claim = ended.claim AND jobs.state = 'running'
             RETURNING jobs.id",
            params![Json(pairs)],
        )
        .await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}
