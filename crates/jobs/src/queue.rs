//! Where jobs are put, and what people may do with them.

use std::{collections::HashMap, time::Duration};

use database::{Bell, Db, Scope, Tx};
use kernel::{Env, JobId, Timestamp, WorkspaceId};

use crate::{
    Job, JobQuery, JobView, JobsError, KindStats, ScheduleView, WorkerView,
    fair::Lane,
    stats,
    store::{self, NewRow},
};

/// The name under which processes hear of each other's jobs.
const CHANNEL: &str = "parlance_jobs";

/// The way into the queue. A clone is another handle.
#[derive(Debug, Clone)]
pub struct Queue {
    pub(crate) db: Db,
    pub(crate) env: Env,
    pub(crate) bell: Bell,
}

/// A job on its way into the queue.
#[derive(Debug)]
pub struct NewJob {
    lane: Lane,
    payload: Result<String, serde_json::Error>,
    delay: Duration,
    unique_key: Option<String>,
}

impl NewJob {
    /// A job whose owner the transaction tells.
    pub fn of<J: Job>(job: &J) -> Self {
        Self {
            lane: Lane { priority: J::POLICY.priority, kind: J::KIND.to_owned(), workspace: None },
            payload: serde_json::to_string(job),
            delay: Duration::ZERO,
            unique_key: None,
        }
    }

    /// Not before so much time has passed.
    #[must_use]
    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Of unfinished jobs of this kind and owner only one has the key; others are not put into the queue.
    #[must_use]
    pub fn unique(mut self, key: impl Into<String>) -> Self {
        self.unique_key = Some(key.into());
        self
    }

    /// A workspace's job out of a transaction of the platform's.
    #[must_use]
    pub fn for_workspace(mut self, workspace: WorkspaceId) -> Self {
        self.lane.workspace = Some(workspace.uuid());
        self
    }
}

impl Queue {
    pub fn new(db: Db, env: Env) -> Self {
        let bell = db.bell(CHANNEL);
        Self { db, env, bell }
    }

    /// Puts a job into the queue when `tx` commits, for the workspace whose scope it has, or for the platform.
    /// None: one of its unique key is there already.
    pub async fn enqueue(&self, tx: &mut Tx, job: NewJob) -> Result<Option<JobId>, JobsError> {
        Ok(self.enqueue_all(tx, vec![job]).await?.into_iter().next().flatten())
    }

    /// The same for many at once.
    pub async fn enqueue_all(&self, tx: &mut Tx, jobs: Vec<NewJob>) -> Result<Vec<Option<JobId>>, JobsError> {
        let now = self.env.now();
        let mut rows = Vec::with_capacity(jobs.len());
        for NewJob { mut lane, payload, delay, unique_key } in jobs {
            if let Scope::Tenant(scope) = tx.scope() {
                lane.workspace = Some(scope.workspace().uuid());
            }
            let owner = lane.workspace.map(|workspace| workspace.simple().to_string()).unwrap_or_default();
            rows.push(NewRow {
                id: self.env.id(),
                lane,
                payload: payload?,
                due_at: now + delay,
                unique_key: unique_key.map(|key| format!("{owner}:{key}")),
            });
        }
        let ids: Vec<JobId> = rows.iter().map(|row| row.id).collect();
        let stored = store::insert(tx, rows, now).await?;
        self.ring_on_commit(tx);
        Ok(ids.into_iter().zip(stored).map(|(id, stored)| stored.then_some(id)).collect())
    }

    /// Has the workers look once the transaction has committed.
    fn ring_on_commit(&self, tx: &mut Tx) {
        let bell = self.bell.clone();
        tx.on_commit(move || bell.ring());
    }

    /// Ends a job: at once if it waits, soon if it runs. [`JobsError::NotFound`] if it has ended.
    pub async fn cancel(&self, tx: &mut Tx, id: JobId) -> Result<(), JobsError> {
        if store::cancel_waiting(tx, id, self.env.now()).await? || store::request_cancel(tx, id).await? {
            return Ok(());
        }
        Err(JobsError::NotFound)
    }

    /// Puts a dead or cancelled job back, with all its attempts before it. [`JobsError::NotFound`] if it is neither, or
    /// another one of its unique key is under way.
    pub async fn requeue(&self, tx: &mut Tx, id: JobId) -> Result<(), JobsError> {
        if !store::requeue(tx, id, self.env.now()).await? {
            return Err(JobsError::NotFound);
        }
        self.ring_on_commit(tx);
        Ok(())
    }

    /// Puts up to `limit` dead letters back, of one kind or of all. Returns how many.
    pub async fn requeue_dead(&self, tx: &mut Tx, kind: Option<&str>, limit: u32) -> Result<u32, JobsError> {
        let mut count = 0;
        for id in store::dead(tx, kind, limit).await? {
            count += u32::from(store::requeue(tx, id, self.env.now()).await?);
        }
        self.ring_on_commit(tx);
        Ok(count)
    }

    /// How many jobs are in each state, by kind.
    pub async fn counts(&self) -> Result<HashMap<(String, crate::JobState), u64>, JobsError> {
        Ok(store::views::counts(&self.db).await?)
    }

    /// Jobs, the newest first: of a workspace, or with [`Platform`](database::Platform) of all.
    pub async fn list(&self, scope: impl Into<Scope>, query: &JobQuery) -> Result<Vec<JobView>, JobsError> {
        Ok(store::views::list(&self.db, scope.into(), query).await?)
    }

    /// One job of a workspace, or with [`Platform`](database::Platform) of any.
    pub async fn get(&self, scope: impl Into<Scope>, id: JobId) -> Result<JobView, JobsError> {
        store::views::one(&self.db, scope.into(), id).await?.ok_or(JobsError::NotFound)
    }

    /// How jobs of each kind went in the last `minutes`.
    pub async fn stats(&self, minutes: u32) -> Result<Vec<KindStats>, JobsError> {
        let since = self.env.now() - Duration::from_secs(60 * u64::from(minutes.saturating_sub(1)));
        Ok(stats::sum_up(store::views::stats(&self.db, since).await?))
    }

    /// The processes that work on jobs.
    pub async fn workers(&self) -> Result<Vec<WorkerView>, JobsError> {
        Ok(store::workers::all(&self.db).await?)
    }

    pub async fn schedules(&self) -> Result<Vec<ScheduleView>, JobsError> {
        Ok(store::schedules::all(&self.db).await?)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.env.now()
    }
}
