//! What people look at, of the whole platform or, with a workspace in the question, of that one alone.

use std::collections::HashMap;

use database::{Db, Error, Platform, Scope, from_row, params};
use kernel::{JobId, Timestamp};

use super::workspace_of;
use crate::{
    model::{JobState, JobView},
    stats::Key,
};

/// Which jobs to show, the newest first.
#[derive(Debug, Clone)]
pub struct JobQuery {
    pub state: Option<JobState>,
    pub kind: Option<String>,
    /// Older than this one.
    pub before: Option<JobId>,
    pub limit: u32,
}

/// Jobs in `scope`: a workspace sees its own, the platform all.
pub(crate) async fn list(db: &Db, scope: Scope, query: &JobQuery) -> Result<Vec<JobView>, Error> {
    db.all(
        scope,
        "SELECT id, workspace_id, kind, state, payload, failures, due_at, attempts, progress, note, created_at,
             started_at, finished_at
         FROM jobs
         WHERE (CAST($1 AS UUID) IS NULL OR workspace_id = $1) AND (CAST($2 AS TEXT) IS NULL OR state = $2)
           AND (CAST($3 AS TEXT) IS NULL OR kind = $3) AND (CAST($4 AS UUID) IS NULL OR id < $4)
         ORDER BY id DESC LIMIT $5",
        params![
            workspace_of(scope),
            query.state.map(JobState::as_str),
            query.kind.as_deref(),
            query.before,
            query.limit
        ],
    )
    .await
}

/// One job in `scope`.
pub(crate) async fn one(db: &Db, scope: Scope, id: JobId) -> Result<Option<JobView>, Error> {
    db.optional(
        scope,
        "SELECT id, workspace_id, kind, state, payload, failures, due_at, attempts, progress, note, created_at,
             started_at, finished_at
         FROM jobs WHERE id = $1 AND (CAST($2 AS UUID) IS NULL OR workspace_id = $2)",
        params![id, workspace_of(scope)],
    )
    .await
}

/// How many jobs are in each state, by kind; of the whole platform.
pub(crate) async fn counts(db: &Db) -> Result<HashMap<(String, JobState), u64>, Error> {
    let rows: Vec<(String, String, i64)> =
        db.all(Platform, "SELECT kind, state, count(*) FROM jobs GROUP BY kind, state", params![]).await?;
    Ok(rows
        .into_iter()
        .filter_map(|(kind, state, count)| Some(((kind, JobState::from_name(&state)?), u64::try_from(count).ok()?)))
        .collect())
}

/// A count of a measure.
pub(crate) struct StatRow {
    pub kind: String,
    pub measure: String,
    pub bucket: i64,
    pub count: i64,
}
from_row!(StatRow { kind, measure, bucket, count });

/// Adds to the minutes' counts, which are the platform's.
pub(crate) async fn add_stats(db: &Db, counts: HashMap<Key, i64>) -> Result<(), Error> {
    let mut counts: Vec<_> = counts.into_iter().collect();
    // In one order on all processes, lest they wait for each other in a circle.
    counts.sort();
    let statements = counts
        .into_iter()
        .map(|((minute, kind, measure, bucket), count)| {
            let add = "INSERT INTO job_stats (minute, kind, measure, bucket, count) VALUES ($1, $2, $3, $4, $5)
                 ON CONFLICT (minute, kind, measure, bucket) DO UPDATE SET count = job_stats.count + $5";
            (add, params![minute, kind, measure, bucket, count])
        })
        .collect();
    let mut tx = db.begin_relaxed(Platform).await?;
    tx.execute_batch(statements).await?;
    tx.commit().await
}

/// The counts since a time, which are the platform's.
pub(crate) async fn stats(db: &Db, since: Timestamp) -> Result<Vec<StatRow>, Error> {
    db.all(
        Platform,
        "SELECT kind, measure, bucket, CAST(sum(count) AS BIGINT) FROM job_stats WHERE minute >= $1
         GROUP BY kind, measure, bucket",
        params![since.seconds().div_euclid(60)],
    )
    .await
}

/// Forgets the platform's counts from before a time.
pub(crate) async fn forget_stats(db: &Db, before: Timestamp) -> Result<(), Error> {
    db.execute(Platform, "DELETE FROM job_stats WHERE minute < $1", params![before.seconds().div_euclid(60)])
        .await
        .map(drop)
}
