//! Claiming on PostgreSQL. Of all workspaces: workers are the platform's.
//!
//! Claims take an advisory lock until they commit, so limits and shares are exact over all processes; a claim takes a
//! whole batch, so that the lock is no bottleneck. Rows that somebody else holds, who cancels one for instance, are
//! skipped and not waited for.

use database::{Error, Json, Statement, Tx, params};
use kernel::Timestamp;
use uuid::Uuid;

use crate::model::Claimed;

/// Held until the end of the transaction ("jobs" in ASCII).
pub(crate) fn one_after_the_other() -> Statement {
    ("SELECT pg_advisory_xact_lock(1785684595)", params![])
}

/// Has the transaction go by the indexes, in their order. When a flood comes the server's statistics are those of an empty
/// table, by which it is as good to read and sort all that waits; each claim would.
pub(crate) fn by_index() -> Statement {
    (
        "SELECT set_config(name, 'off', true) FROM unnest(ARRAY['enable_seqscan', 'enable_bitmapscan', 'enable_sort',
             'enable_hashjoin', 'enable_mergejoin', 'jit']) AS off (name)",
        params![],
    )
}

pub(crate) async fn take(
    tx: &mut Tx,
    lanes: &[(String, u32)],
    worker: Uuid,
    now: Timestamp,
) -> Result<Vec<Claimed>, Error> {
    tx.all(
        "UPDATE jobs SET state = 'running', worker_id = $2, started_at = $3, claim = claim + 1, attempts = attempts + 1
         WHERE id = ANY (ARRAY(
             SELECT p.id FROM jsonb_array_elements(CAST($1 AS JSONB)) AS l (pair)
             CROSS JOIN LATERAL (
                 SELECT j.id FROM jobs j WHERE j.state = 'waiting' AND j.lane = l.pair ->> 0
                 ORDER BY j.due_at, j.id LIMIT CAST(l.pair ->> 1 AS BIGINT) FOR UPDATE SKIP LOCKED) p))
         RETURNING id, workspace_id, kind, payload, attempts, claim, failures, due_at",
        params![Json(lanes), worker, now],
    )
    .await
}
