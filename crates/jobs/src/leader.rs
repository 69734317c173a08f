//! What a process does besides its jobs: it keeps its lease, looks after those that died, ends what was cancelled, and,
//! if it leads, sees to schedules and retention.

use std::{sync::Arc, time::Duration};

use database::Platform;
use kernel::Timestamp;

use crate::{
    JobState, JobsError,
    model::with_failure,
    store::{self, Ending, views, workers},
    workers::{Inner, Stop, Workers},
};

/// How often cancelled jobs are looked for while some run.
const CANCELLATIONS: Duration = Duration::from_secs(1);
/// How often counts go to the database.
const STATS: Duration = Duration::from_secs(10);
/// How often old rows are deleted.
const RETENTION: Duration = Duration::from_secs(10 * 60);
/// Dead letters and cancelled jobs can be looked at for so long.
const DEAD_KEPT: Duration = Duration::from_secs(30 * 24 * 3600);
/// Counts are kept for so long.
const STATS_KEPT: Duration = Duration::from_secs(7 * 24 * 3600);
/// A process that died is shown for so long.
const WORKERS_KEPT: Duration = Duration::from_secs(3600);

/// When something was done last.
struct Every(Duration, Option<Timestamp>);

impl Every {
    fn is_due(&mut self, now: Timestamp) -> bool {
        let due = self.1.is_none_or(|last| now.since(last) >= self.0);
        if due {
            self.1 = Some(now);
        }
        due
    }
}

impl Workers {
    /// One round of what keeps the queue in order, as if all of it were due: leases, the jobs of the dead, and, if this
    /// process leads, schedules and retention. For tests and chores.
    pub async fn look_after(&self) -> Result<(), JobsError> {
        self.0.renew().await?;
        self.0.reap().await?;
        self.0.put_schedules().await?;
        if self.0.lead().await? {
            self.0.fire_schedules().await?;
            self.0.forget_old().await?;
        }
        self.0.flush_stats().await
    }

    /// Says that this process works on jobs. [`Workers::start`] does this; for tests and chores.
    pub async fn register(&self) -> Result<(), JobsError> {
        self.0.register().await
    }

    /// Fires due schedules as one does who believes to lead. Returns how many jobs that made. For tests and chores.
    pub async fn fire_schedules(&self) -> Result<usize, JobsError> {
        Ok(self.0.fire_schedules().await?.0)
    }
}

impl Inner {
    pub async fn register(&self) -> Result<(), JobsError> {
        let (now, settings) = (self.queue.now(), &self.settings);
        let until = now + settings.lease;
        Ok(workers::register(&self.queue.db, self.worker(), &settings.name, settings.slots, now, until).await?)
    }

    /// Until all is written after a shutdown.
    pub async fn keep_lease(self: Arc<Self>) {
        let every = CANCELLATIONS.min(self.settings.lease / 5);
        let mut renewals = Every(self.settings.lease / 5, Some(self.queue.now()));
        let mut reaps = Every(self.settings.poll, Some(self.queue.now()));
        let mut stats = Every(STATS, Some(self.queue.now()));
        let mut retention = Every(RETENTION, None);
        let mut scheduled = false;
        let mut next_tick = None;
        loop {
            // A tick that is near is not waited past.
            let until_tick = next_tick.map_or(every, |tick: Timestamp| tick.since(self.queue.now()).min(every));
            tokio::select! {
                () = tokio::time::sleep(until_tick.max(Duration::from_millis(1))) => {}
                () = self.closed.cancelled() => return,
            }
            let now = self.queue.now();
            if renewals.is_due(now) {
                warn(self.renew().await, "the lease of the workers can't be renewed");
            }
            warn(self.stop_cancelled().await, "cancelled jobs can't be looked for");
            if reaps.is_due(now) {
                warn(self.reap().await, "jobs of processes that died can't be looked for");
            }
            if stats.is_due(now) {
                warn(self.flush_stats().await, "what was counted of jobs is lost");
            }
            if self.stopping.is_cancelled() {
                continue;
            }
            if !scheduled {
                scheduled = warn(self.put_schedules().await, "schedules can't be written");
            }
            let leads = next_tick.is_none_or(|tick| tick <= now) || retention.1.is_none();
            if leads || reaps.1 == Some(now) {
                next_tick = self.see_to_schedules(&mut retention, now).await;
            }
        }
    }

    /// As long as this process leads. Says when it has to look again.
    async fn see_to_schedules(&self, retention: &mut Every, now: Timestamp) -> Option<Timestamp> {
        let again = now + self.settings.poll;
        match self.lead().await {
            Ok(true) => {}
            Ok(false) => return Some(again),
            Err(error) => {
                warn(Err(error), "who leads can't be found out");
                return Some(again);
            }
        }
        if retention.is_due(now) {
            warn(self.forget_old().await, "old jobs can't be deleted");
        }
        match self.fire_schedules().await {
            Ok((_, next)) => Some(next.map_or(again, |next| next.min(again))),
            Err(error) => {
                warn(Err(error), "schedules can't be seen to");
                Some(again)
            }
        }
    }

    pub async fn lead(&self) -> Result<bool, JobsError> {
        let now = self.queue.now();
        Ok(workers::lead(&self.queue.db, self.worker(), now, now + self.settings.lease).await?)
    }

    /// Renews the lease. If it had run out, what was held is given up, and the process begins anew.
    pub async fn renew(&self) -> Result<(), JobsError> {
        let now = self.queue.now();
        if workers::renew(&self.queue.db, self.worker(), now, now + self.settings.lease).await? {
            return Ok(());
        }
        tracing::warn!("the lease of the workers had run out; their jobs go to others");
        self.stop_all(Stop::Lost);
        let worker = self.queue.env.uuid();
        self.held().worker = worker;
        self.register().await
    }

    /// Frees the jobs of processes whose lease has run out; those that were tried often enough are given up, lest one
    /// that kills its process does so for ever.
    pub async fn reap(&self) -> Result<(), JobsError> {
        let now = self.queue.now();
        let mut tx = self.queue.db.begin(Platform).await?;
        let abandoned = store::abandoned(&mut tx, now).await?;
        if abandoned.is_empty() {
            return Ok(tx.rollback().await?);
        }
        let mut statements = Vec::with_capacity(abandoned.len());
        for job in abandoned {
            let policy = self.registry.kinds.get(job.kind.as_str()).map(|kind| kind.policy);
            let is_last = policy.is_some_and(|policy| job.attempts >= i64::from(policy.attempts));
            tracing::warn!(job = %job.id, kind = job.kind, attempt = job.attempts, is_last, "the process that had a job is gone");
            let failures = with_failure(job.failures, job.attempts, now, "its process was gone before it was done");
            let ending = if is_last { Ending::Dead(failures) } else { Ending::Again(now, failures) };
            statements.push(store::ending(job.id, job.claim, ending, now));
        }
        tx.execute_batch(statements).await?;
        tx.commit().await?;
        self.queue.bell.ring();
        Ok(())
    }

    async fn stop_cancelled(&self) -> Result<(), JobsError> {
        if self.held().jobs.is_empty() {
            return Ok(());
        }
        for (id, claim) in store::cancel_requests(&self.queue.db, self.worker()).await? {
            self.stop(id, claim, Stop::Cancelled);
        }
        Ok(())
    }

    /// Deletes what is past its retention.
    pub async fn forget_old(&self) -> Result<(), JobsError> {
        let (db, now) = (&self.queue.db, self.queue.now());
        for kind in self.registry.kinds.values().filter(|kind| !kind.policy.keep.is_zero()) {
            store::forget(db, kind.name, JobState::Done.as_str(), now - kind.policy.keep).await?;
        }
        store::forget_all(db, now - DEAD_KEPT).await?;
        views::forget_stats(db, now - STATS_KEPT).await?;
        Ok(workers::forget_dead(db, now - WORKERS_KEPT).await?)
    }
}

/// A loop goes on: what failed is tried again with its next round. Says whether it worked.
fn warn(outcome: Result<(), JobsError>, what: &str) -> bool {
    if let Err(error) = &outcome {
        tracing::warn!(%error, "{what} for now");
    }
    outcome.is_ok()
}
