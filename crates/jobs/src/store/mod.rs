//! The tables of jobs. Workers serve all workspaces, so what they do runs in platform scope; what people see and
//! contexts enqueue runs in the scope of the caller's transaction.

mod postgres;
pub(crate) mod schedules;
mod sqlite;
pub(crate) mod views;
pub(crate) mod workers;

use database::{Db, Engine, Error, Json, Platform, Scope, Statement, Tx, params};
use kernel::{JobId, Timestamp, WorkspaceId};
use uuid::Uuid;

use crate::{
    fair::{Lane, Running, Waiting},
    model::{Claimed, FailedAttempt},
};

/// A job before it is stored.
pub(crate) struct NewRow {
    pub id: JobId,
    pub lane: Lane,
    pub payload: String,
    pub due_at: Timestamp,
    pub unique_key: Option<String>,
}

/// Stores jobs. Returns for each whether it was: of those with one unique key only one is.
pub(crate) async fn insert(tx: &mut Tx, rows: Vec<NewRow>, now: Timestamp) -> Result<Vec<bool>, Error> {
    let insert = "INSERT INTO jobs (id, workspace_id, kind, lane, payload, state, due_at, unique_key, attempts, claim,
                     cancel_requested, failures, created_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, 0, FALSE, '[]', $9)
                 ON CONFLICT (kind, unique_key) WHERE finished_at IS NULL AND unique_key IS NOT NULL DO NOTHING";
    let statements = rows
        .into_iter()
        .map(|row| {
            let state = if row.due_at > now { "delayed" } else { "waiting" };
            let lane = row.lane.text();
            let Lane { kind, workspace, .. } = row.lane;
            (insert, params![row.id, workspace, kind, lane, row.payload, state, row.due_at, row.unique_key, now])
        })
        .collect();
    Ok(tx.execute_batch(statements).await?.into_iter().map(|count| count == 1).collect())
}

/// Makes claims wait for each other, and moves delayed jobs whose time has come among those that wait.
pub(crate) async fn begin_claim(tx: &mut Tx, engine: Engine, now: Timestamp) -> Result<(), Error> {
    let promote: Statement =
        ("UPDATE jobs SET state = 'waiting' WHERE state = 'delayed' AND due_at <= $1", params![now]);
    let statements = match engine {
        // The only writer makes them wait already.
        Engine::Sqlite => vec![promote],
        Engine::Postgres => vec![postgres::one_after_the_other(), postgres::by_index(), promote],
    };
    tx.execute_batch(statements).await.map(drop)
}

/// When the next delayed job is due.
pub(crate) async fn next_due(tx: &mut Tx) -> Result<Option<Timestamp>, Error> {
    let row: (Option<Timestamp>,) = tx.one("SELECT min(due_at) FROM jobs WHERE state = 'delayed'", params![]).await?;
    Ok(row.0)
}

/// The lanes behind `after` in which jobs wait, up to `limit`, and how many jobs run. Those of workspaces that are
/// suspended or deleted wait until they are opened again.
pub(crate) async fn lanes(tx: &mut Tx, after: &str, limit: u32) -> Result<(Vec<Waiting>, Running), Error> {
    // A loose scan: from each lane to the next one by the index, however many jobs wait in it. Not by min(), which an engine
    // that takes the table for empty looks for among all of them.
    let rows: Vec<(String, Option<Timestamp>, i64)> = tx
        .all(
            "WITH RECURSIVE lanes (lane, place) AS (
                 SELECT (SELECT lane FROM jobs WHERE state = 'waiting' AND lane > $1 ORDER BY lane LIMIT 1), CAST(1 AS BIGINT)
                 UNION ALL
                 SELECT (SELECT j.lane FROM jobs j WHERE j.state = 'waiting' AND j.lane > lanes.lane ORDER BY j.lane LIMIT 1),
                        place + 1
                 FROM lanes WHERE lanes.lane IS NOT NULL AND place < $2
             )
             SELECT lane, (SELECT h.due_at FROM jobs h WHERE h.state = 'waiting' AND h.lane = lanes.lane
                           ORDER BY h.due_at, h.id LIMIT 1), CAST(0 AS BIGINT)
             FROM lanes
             WHERE lane IS NOT NULL AND NOT EXISTS (
                 SELECT 1 FROM workspaces w
                 WHERE w.id = (SELECT h.workspace_id FROM jobs h WHERE h.state = 'waiting' AND h.lane = lanes.lane
                               ORDER BY h.due_at, h.id LIMIT 1)
                   AND (w.suspended_at IS NOT NULL OR w.deleted_at IS NOT NULL))
             UNION ALL
             SELECT lane, NULL, count(*) FROM jobs WHERE state = 'running' GROUP BY lane",
            params![after, limit],
        )
        .await?;
    let (mut waiting, mut running) = (Vec::new(), Running::default());
    for (lane, since, count) in rows {
        let Some(lane) = Lane::parse(&lane) else { continue };
        match since {
            Some(since) => waiting.push(Waiting { lane, since }),
            None => running.add(&lane, u32::try_from(count).unwrap_or(u32::MAX)),
        }
    }
    Ok((waiting, running))
}

/// Takes so many jobs from each lane, for a worker.
pub(crate) async fn take(
    tx: &mut Tx,
    engine: Engine,
    lanes: &[(String, u32)],
    worker: Uuid,
    now: Timestamp,
) -> Result<Vec<Claimed>, Error> {
    let mut taken = match engine {
        Engine::Sqlite => sqlite::take(tx, lanes, worker, now).await?,
        Engine::Postgres => postgres::take(tx, lanes, worker, now).await?,
    };
    taken.sort_by_key(|job| (job.due_at, job.id));
    Ok(taken)
}

/// What becomes of a job after an attempt.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Ending {
    /// Done, and its row is not kept.
    Gone,
    Done,
    Cancelled,
    Dead(Vec<FailedAttempt>),
    /// To be tried again from then on, counted as an attempt.
    Again(Timestamp, Vec<FailedAttempt>),
    /// The same without being counted: it was put off, or given back before its end.
    Later(Timestamp),
}

/// The statement that ends an attempt. It changes no row if the job was lost meanwhile.
pub(crate) fn ending(id: JobId, claim: i64, ending: Ending, now: Timestamp) -> Statement {
    let again = |at: Timestamp| if at > now { "delayed" } else { "waiting" };
    match ending {
        Ending::Gone => ("DELETE FROM jobs WHERE id = $1 AND claim = $2 AND state = 'running'", params![id, claim]),
        Ending::Done => (
            "UPDATE jobs SET state = 'done', progress = 1, worker_id = NULL, finished_at = $3
             WHERE id = $1 AND claim = $2 AND state = 'running'",
            params![id, claim, now],
        ),
        Ending::Cancelled => (
            "UPDATE jobs SET state = 'cancelled', worker_id = NULL, finished_at = $3
             WHERE id = $1 AND claim = $2 AND state = 'running'",
            params![id, claim, now],
        ),
        Ending::Dead(failures) => (
            "UPDATE jobs SET state = 'dead', worker_id = NULL, finished_at = $3, failures = $4
             WHERE id = $1 AND claim = $2 AND state = 'running'",
            params![id, claim, now, Json(failures)],
        ),
        Ending::Again(at, failures) => (
            "UPDATE jobs SET state = $3, due_at = $4, worker_id = NULL, failures = $5
             WHERE id = $1 AND claim = $2 AND state = 'running'",
            params![id, claim, again(at), at, Json(failures)],
        ),
        Ending::Later(at) => (
            "UPDATE jobs SET state = $3, due_at = $4, worker_id = NULL, attempts = attempts - 1
             WHERE id = $1 AND claim = $2 AND state = 'running'",
            params![id, claim, again(at), at],
        ),
    }
}

/// Writes how far a job is. False: it was lost.
pub(crate) async fn progress(
    db: &Db,
    id: JobId,
    claim: i64,
    progress: Option<f64>,
    note: Option<String>,
) -> Result<bool, Error> {
    // By its worker, whatever workspace it is of.
    let changed = db
        .execute_relaxed(
            Platform,
            "UPDATE jobs SET progress = $3, note = $4 WHERE id = $1 AND claim = $2 AND state = 'running'",
            params![id, claim, progress, note],
        )
        .await?;
    Ok(changed == 1)
}

/// Jobs that run without a worker that lives.
pub(crate) async fn abandoned(tx: &mut Tx, now: Timestamp) -> Result<Vec<Claimed>, Error> {
    tx.all(
        "SELECT id, workspace_id, kind, payload, attempts, claim, failures, due_at FROM jobs
         WHERE state = 'running' AND NOT EXISTS (
             SELECT 1 FROM job_workers w WHERE w.id = jobs.worker_id AND w.lease_expires_at > $1)
         ORDER BY id LIMIT 500",
        params![now],
    )
    .await
}

/// Jobs of a worker that somebody wants to end.
pub(crate) async fn cancel_requests(db: &Db, worker: Uuid) -> Result<Vec<(JobId, i64)>, Error> {
    // Of all workspaces: the worker serves them all.
    db.all(
        Platform,
        "SELECT id, claim FROM jobs WHERE state = 'running' AND worker_id = $1 AND cancel_requested",
        params![worker],
    )
    .await
}

/// Whose jobs a scope reaches; none: everybody's.
fn workspace_of(scope: Scope) -> Option<WorkspaceId> {
    match scope {
        Scope::Tenant(scope) => Some(scope.workspace()),
        Scope::Platform => None,
    }
}

/// Ends jobs that have not begun.
pub(crate) async fn cancel_waiting(tx: &mut Tx, id: JobId, now: Timestamp) -> Result<bool, Error> {
    let changed = tx
        .execute(
            "UPDATE jobs SET state = 'cancelled', finished_at = $2
             WHERE id = $1 AND state IN ('delayed', 'waiting') AND (CAST($3 AS UUID) IS NULL OR workspace_id = $3)",
            params![id, now, workspace_of(tx.scope())],
        )
        .await?;
    Ok(changed == 1)
}

/// Asks the worker of a running job to end it.
pub(crate) async fn request_cancel(tx: &mut Tx, id: JobId) -> Result<bool, Error> {
    let changed = tx
        .execute(
            "UPDATE jobs SET cancel_requested = TRUE
             WHERE id = $1 AND state = 'running' AND (CAST($2 AS UUID) IS NULL OR workspace_id = $2)",
            params![id, workspace_of(tx.scope())],
        )
        .await?;
    Ok(changed == 1)
}

/// Puts a finished job back into the queue, unless one of the same unique key is there by now.
pub(crate) async fn requeue(tx: &mut Tx, id: JobId, now: Timestamp) -> Result<bool, Error> {
    let changed = tx
        .execute(
            "UPDATE jobs SET state = 'waiting', due_at = $2, attempts = 0, finished_at = NULL, started_at = NULL,
                 cancel_requested = FALSE, progress = NULL, note = NULL
             WHERE id = $1 AND state IN ('dead', 'cancelled') AND (CAST($3 AS UUID) IS NULL OR workspace_id = $3)
               AND NOT EXISTS (SELECT 1 FROM jobs o WHERE o.kind = jobs.kind AND o.unique_key = jobs.unique_key
                   AND o.finished_at IS NULL)",
            params![id, now, workspace_of(tx.scope())],
        )
        .await?;
    Ok(changed == 1)
}

/// Dead letters of a kind, or of all, the oldest first.
pub(crate) async fn dead(tx: &mut Tx, kind: Option<&str>, limit: u32) -> Result<Vec<JobId>, Error> {
    let rows: Vec<(JobId,)> = tx
        .all(
            "SELECT id FROM jobs WHERE state = 'dead' AND finished_at IS NOT NULL AND (CAST($1 AS TEXT) IS NULL OR kind = $1)
               AND (CAST($3 AS UUID) IS NULL OR workspace_id = $3)
             ORDER BY finished_at, id LIMIT $2",
            params![kind, limit, workspace_of(tx.scope())],
        )
        .await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Deletes finished jobs of a kind in a state that ended before `horizon`. Retention is the platform's.
pub(crate) async fn forget(db: &Db, kind: &str, state: &str, horizon: Timestamp) -> Result<u64, Error> {
    db.execute(
        Platform,
        "DELETE FROM jobs WHERE finished_at < $3 AND kind = $1 AND state = $2",
        params![kind, state, horizon],
    )
    .await
}

/// Deletes what ended before `horizon`, of whatever kind. Retention is the platform's.
pub(crate) async fn forget_all(db: &Db, horizon: Timestamp) -> Result<u64, Error> {
    db.execute(Platform, "DELETE FROM jobs WHERE finished_at < $1", params![horizon]).await
}
