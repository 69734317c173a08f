//! What is stored of jobs, and what people see of them.

use database::{Error, FromRow, Json, Row};
use kernel::{JobId, Timestamp, WorkspaceId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Failures that are kept of a job: the last ones.
const FAILURES: usize = 10;
/// Characters that are kept of one.
const LONGEST: usize = 2_000;

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// Its time has not come, or it pauses after a failure.
    Delayed,
    Waiting,
    Running,
    Done,
    /// A dead letter: it was given up.
    Dead,
    Cancelled,
}

impl JobState {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Delayed => "delayed",
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Dead => "dead",
            Self::Cancelled => "cancelled",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [Self::Delayed, Self::Waiting, Self::Running, Self::Done, Self::Dead, Self::Cancelled]
            .into_iter()
            .find(|state| state.as_str() == name)
    }
}

/// One attempt that did not work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FailedAttempt {
    pub attempt: i64,
    pub at: Timestamp,
    /// The error with its causes.
    #[schema(example = "the mail server can't be reached: connection refused")]
    pub error: String,
}

/// The last failures with one more.
pub(crate) fn with_failure(
    mut failures: Vec<FailedAttempt>,
    attempt: i64,
    at: Timestamp,
    error: &str,
) -> Vec<FailedAttempt> {
    failures.push(FailedAttempt { attempt, at, error: error.chars().take(LONGEST).collect() });
    let surplus = failures.len().saturating_sub(FAILURES);
    failures.drain(..surplus);
    failures
}

/// A job as people see it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct JobView {
    pub id: JobId,
    /// None: it is the platform's.
    #[schema(required)]
    pub workspace_id: Option<WorkspaceId>,
    #[schema(example = "chat.clean_up")]
    pub kind: String,
    pub state: JobState,
    /// What it was given, as JSON.
    #[schema(value_type = Object)]
    pub payload: serde_json::Value,
    /// When it may run, or could from.
    pub due_at: Timestamp,
    pub attempts: i64,
    /// From 0 to 1, if it tells.
    #[schema(required)]
    pub progress: Option<f64>,
    /// What it says of its progress.
    #[schema(required)]
    pub note: Option<String>,
    /// The last attempts that failed, the oldest first.
    pub failures: Vec<FailedAttempt>,
    pub created_at: Timestamp,
    #[schema(required)]
    pub started_at: Option<Timestamp>,
    #[schema(required)]
    pub finished_at: Option<Timestamp>,
}

impl FromRow for JobView {
    fn from_row(row: &mut Row<'_>) -> Result<Self, Error> {
        let (id, workspace_id, kind) = (row.next()?, row.next()?, row.next()?);
        let (state, payload): (String, String) = (row.next()?, row.next()?);
        let Json(failures) = row.next()?;
        Ok(Self {
            id,
            workspace_id,
            kind,
            state: JobState::from_name(&state).unwrap_or(JobState::Dead),
            payload: serde_json::from_str(&payload).unwrap_or_default(),
            failures,
            due_at: row.next()?,
            attempts: row.next()?,
            progress: row.next()?,
            note: row.next()?,
            created_at: row.next()?,
            started_at: row.next()?,
            finished_at: row.next()?,
        })
    }
}

/// A job that this process has taken.
#[derive(Debug)]
pub(crate) struct Claimed {
    pub id: JobId,
    pub workspace: Option<Uuid>,
    pub kind: String,
    pub payload: String,
    /// This one included.
    pub attempts: i64,
    pub claim: i64,
    pub failures: Vec<FailedAttempt>,
    pub due_at: Timestamp,
}

impl FromRow for Claimed {
    fn from_row(row: &mut Row<'_>) -> Result<Self, Error> {
        Ok(Self {
            id: row.next()?,
            workspace: row.next()?,
            kind: row.next()?,
            payload: row.next()?,
            attempts: row.next()?,
            claim: row.next()?,
            failures: row.next::<Json<_>>()?.0,
            due_at: row.next()?,
        })
    }
}
