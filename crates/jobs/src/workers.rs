//! The workers of a process: jobs are claimed, attempted, and what became of them is written down.
//!
//! One task claims, whenever the bell rings and there is room; as many as there are slots attempt; one
//! [writes](crate::batch) endings, many at a time. Where jobs are short some are claimed ahead, as many as the process
//! has lately ended in a tenth of a second, so that nobody waits for the database.

use std::{
    collections::HashMap,
    panic::AssertUnwindSafe,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use database::{Engine, Platform};
use futures_util::{FutureExt as _, future};
use kernel::{Id, JobId, Tasks, Timestamp};
use tokio::{
    sync::{Mutex as AsyncMutex, Notify, mpsc},
    time::Instant,
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    Context, Failure, JobsError, Policy, Queue, Registry,
    fair::{self, Room},
    model::{Claimed, with_failure},
    stats::Stats,
    store::{self, Ending},
};

/// Lanes that one claim looks at; the next one goes on behind them.
const LANES: u32 = 512;
/// Jobs that are held ahead, at the most.
const MOST_AHEAD: u32 = 1_000;
/// So long a time's worth of jobs is held ahead.
const AHEAD: Duration = Duration::from_millis(100);
/// What endings may take to be written after the slots were stopped.
const LAST_WORDS: Duration = Duration::from_secs(3);

/// How a process works on jobs.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What operators see of it.
    pub name: String,
    /// Jobs that run at a time. Zero: this process only enqueues.
    pub slots: u32,
    /// A process that is silent for so long has lost its jobs.
    pub lease: Duration,
    /// How often it looks without a ring, and how often it looks after those that died.
    pub poll: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self { name: "parlance".to_owned(), slots: 8, lease: Duration::from_secs(20), poll: Duration::from_secs(5) }
    }
}

/// The workers of this process. A clone is another handle.
#[derive(Clone)]
pub struct Workers(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub queue: Queue,
    pub registry: Registry,
    pub settings: Settings,
    pub tasks: Tasks,
    pub stats: Stats,
    /// Nothing is claimed any more.
    pub stopping: CancellationToken,
    /// All is written.
    pub closed: CancellationToken,
    pub held: Mutex<Held>,
    /// Room may have come about.
    pub changed: Notify,
    /// Everything that was held has been given back or ended.
    pub emptied: Notify,
    ended: AtomicU64,
    cursor: Mutex<String>,
}

/// What this process has claimed and not yet ended.
pub(crate) struct Held {
    pub worker: Uuid,
    pub jobs: HashMap<JobId, Hold>,
}

pub(crate) struct Hold {
    pub claim: i64,
    owner: Option<Uuid>,
    stop: CancellationToken,
    why: Option<Stop>,
    /// Its attempt is over, and is being written down.
    over: bool,
}

/// Why an attempt is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    Cancelled,
    /// Another process may have it.
    Lost,
    Shutdown,
}

/// An attempt that is over.
#[derive(Debug)]
pub(crate) struct Finished {
    pub id: JobId,
    pub claim: i64,
    pub kind: String,
    /// None: there is nothing to write, it was lost or has completed by itself.
    pub ending: Option<Ending>,
    pub outcome: &'static str,
    pub waited: Duration,
    pub ran: Duration,
}

/// How many jobs ended lately.
struct Rate {
    since: Instant,
    ended: u64,
    ahead: u32,
}

impl Rate {
    fn ahead(&mut self, ended: u64) -> u32 {
        let elapsed = self.since.elapsed();
        // Too short a time says nothing.
        if elapsed >= AHEAD / 10 {
            #[allow(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                clippy::cast_precision_loss,
                reason = "a rough number"
            )]
            let ahead = ((ended - self.ended) as f64 * AHEAD.as_secs_f64() / elapsed.as_secs_f64()) as u32;
            *self = Self { since: Instant::now(), ended, ahead: ahead.min(MOST_AHEAD) };
        }
        self.ahead
    }
}

/// What a claim brought.
struct Claim {
    jobs: Vec<Claimed>,
    /// Some were left behind.
    more: bool,
    /// When a delayed one is due.
    next_due: Option<Timestamp>,
}

impl Workers {
    /// Nothing runs before [`Workers::start`].
    pub fn new(queue: Queue, tasks: Tasks, registry: Registry, settings: Settings) -> Self {
        let held = Held { worker: queue.env.uuid(), jobs: HashMap::new() };
        Self(Arc::new(Inner {
            stopping: tasks.shutdown().child_token(),
            closed: CancellationToken::new(),
            held: Mutex::new(held),
            changed: Notify::new(),
            emptied: Notify::new(),
            ended: AtomicU64::new(0),
            cursor: Mutex::default(),
            stats: Stats::default(),
            queue,
            registry,
            settings,
            tasks,
        }))
    }

    /// Starts the tasks. They end with [`Workers::drain`], or with the process's tasks.
    pub async fn start(&self) -> Result<(), JobsError> {
        let inner = &self.0;
        let (this, bell) = (inner.clone(), inner.queue.bell.clone());
        inner.tasks.spawn("jobs: bell", async move {
            tokio::select! { () = bell.attend() => {} () = this.stopping.cancelled() => {} }
        });
        if inner.settings.slots == 0 {
            return Ok(());
        }
        inner.register().await?;
        if inner.queue.db.engine() == Engine::Sqlite {
            store::workers::forget_others(&inner.queue.db, inner.worker()).await?;
        }
        inner.reap().await?;
        let (attempts, claimed) = mpsc::unbounded_channel();
        let (endings, over) = mpsc::unbounded_channel();
        let claimed = Arc::new(AsyncMutex::new(claimed));
        let tasks = &inner.tasks;
        tasks.spawn("jobs: claims", inner.clone().claim_while_open(attempts));
        for _ in 0..inner.settings.slots {
            tasks.spawn("jobs: slot", inner.clone().attempt_all(claimed.clone(), endings.clone()));
        }
        tasks.spawn("jobs: endings", inner.clone().write_endings(over));
        tasks.spawn("jobs: leases", inner.clone().keep_lease());
        let (this, shutdown) = (self.clone(), tasks.shutdown());
        tasks.spawn("jobs: shutdown", async move {
            tokio::select! {
                () = shutdown.cancelled() => this.drain(Duration::ZERO).await,
                () = this.0.closed.cancelled() => {}
            }
        });
        Ok(())
    }

    /// Claims nothing more, lets what runs go on for up to `limit`, and gives back what is left.
    pub async fn drain(&self, limit: Duration) {
        let inner = &self.0;
        inner.stopping.cancel();
        if tokio::time::timeout(limit, inner.all_over()).await.is_err() {
            inner.stop_all(Stop::Shutdown);
            let _ = tokio::time::timeout(LAST_WORDS, inner.all_over()).await;
        }
        inner.closed.cancel();
        if inner.settings.slots > 0
            && let Err(error) = inner.leave().await
        {
            tracing::warn!(%error, "the workers can't say that they have left; their lease will run out");
        }
    }

    /// Does all that is due, and returns when nothing is left that may run. For tests and chores: a process that serves
    /// uses [`Workers::start`]. Returns how many attempts were made.
    pub async fn run_due(&self) -> Result<usize, JobsError> {
        let inner = &self.0;
        let mut attempts = 0;
        loop {
            let claim = inner.claim(inner.settings.slots.max(1)).await?;
            if claim.jobs.is_empty() {
                return Ok(attempts);
            }
            attempts += claim.jobs.len();
            let finished = future::join_all(claim.jobs.into_iter().map(|job| inner.attempt(job))).await;
            inner.write(&finished).await?;
        }
    }

    /// The way into the queue that these workers work off.
    pub fn queue(&self) -> &Queue {
        &self.0.queue
    }
}

impl Inner {
    pub fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn worker(&self) -> Uuid {
        self.held().worker
    }

    fn policy(&self, kind: &str) -> Option<Policy> {
        self.registry.kinds.get(kind).map(|kind| kind.policy)
    }

    async fn claim_while_open(self: Arc<Self>, attempts: mpsc::UnboundedSender<Claimed>) {
        let mut rate = Rate { since: Instant::now(), ended: 0, ahead: 0 };
        while !self.stopping.is_cancelled() {
            let (more, pause) = match self.claim_all(&mut rate, &attempts).await {
                Ok(left) => left,
                Err(error) => {
                    tracing::error!(%error, "jobs can't be claimed right now");
                    (false, self.settings.poll)
                }
            };
            tokio::select! {
                () = self.queue.bell.rung() => {}
                () = self.changed.notified(), if more => {}
                () = tokio::time::sleep(pause) => {}
                () = self.stopping.cancelled() => {}
            }
        }
    }

    /// Claims as long as there is room and something to claim. Says whether something was left, and how long to wait for
    /// what is due later.
    async fn claim_all(
        &self,
        rate: &mut Rate,
        attempts: &mpsc::UnboundedSender<Claimed>,
    ) -> Result<(bool, Duration), JobsError> {
        loop {
            let slots = self.settings.slots;
            let capacity = slots + rate.ahead(self.ended.load(Ordering::Relaxed));
            let (held, busy) = {
                let held = self.held();
                (count(held.jobs.len()), count(held.jobs.values().filter(|hold| !hold.over).count()))
            };
            let free = capacity.saturating_sub(held);
            // With every slot busy it is only about stock, which is got in bulk.
            if self.stopping.is_cancelled() || free == 0 || (busy >= slots && free < capacity / 2) {
                return Ok((true, self.settings.poll));
            }
            let claim = self.claim(capacity).await?;
            let due = claim.next_due.map_or(Duration::MAX, |due| due.since(self.queue.now()));
            let pause = due.clamp(Duration::from_millis(1), self.settings.poll);
            let got = !claim.jobs.is_empty();
            for job in claim.jobs {
                // Fails once the slots are gone, after the shutdown; the lease gives them back.
                let _ = attempts.send(job);
            }
            if !got || !claim.more {
                return Ok((claim.more, pause));
            }
        }
    }

    /// One claim, up to so many jobs held in all.
    async fn claim(&self, capacity: u32) -> Result<Claim, JobsError> {
        let (db, now) = (&self.queue.db, self.queue.now());
        let (worker, room) = {
            let held = self.held();
            let mut by_owner = HashMap::new();
            for hold in held.jobs.values() {
                *by_owner.entry(hold.owner).or_default() += 1;
            }
            (held.worker, Room { capacity, held: by_owner })
        };
        // If the database server crashes before it is on disk, the jobs are free again, and this attempt is fenced.
        let mut tx = db.begin_relaxed(Platform).await?;
        store::begin_claim(&mut tx, db.engine(), now).await?;
        let after = self.cursor.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (waiting, running) = store::lanes(&mut tx, &after, LANES).await?;
        let next_due = store::next_due(&mut tx).await?;
        let counts = fair::allocate(&waiting, running, room, |kind| self.policy(kind));
        let lanes: Vec<_> = waiting.iter().zip(&counts).filter(|(_, count)| **count > 0).collect();
        let wanted: Vec<(String, u32)> = lanes.iter().map(|(waiting, count)| (waiting.lane.text(), **count)).collect();
        let jobs = if wanted.is_empty() {
            Vec::new()
        } else {
            store::take(&mut tx, db.engine(), &wanted, worker, now).await?
        };
        tx.commit().await?;
        // More than LANES: the next claim goes on behind these, and begins again after the last.
        let full = waiting.len() >= LANES as usize;
        let last = if full { waiting.last().map(|it| it.lane.text()) } else { None };
        *self.cursor.lock().unwrap_or_else(PoisonError::into_inner) = last.unwrap_or_default();
        let mut held = self.held();
        for job in &jobs {
            let hold =
                Hold { claim: job.claim, owner: job.workspace, stop: CancellationToken::new(), why: None, over: false };
            held.jobs.insert(job.id, hold);
        }
        drop(held);
        let known = |kind: &str| self.registry.kinds.contains_key(kind);
        // A lane that gave all that it was asked for may have more, and so may one that was not asked.
        let exhausted = wanted.iter().map(|(_, count)| *count as usize).sum::<usize>() > jobs.len();
        let unasked = waiting.iter().zip(&counts).any(|(it, count)| *count == 0 && known(&it.lane.kind));
        let more = unasked || full || !after.is_empty() || (!jobs.is_empty() && (!exhausted || wanted.len() > 1));
        Ok(Claim { jobs, more, next_due })
    }

    async fn attempt_all(
        self: Arc<Self>,
        claimed: Arc<AsyncMutex<mpsc::UnboundedReceiver<Claimed>>>,
        endings: mpsc::UnboundedSender<Finished>,
    ) {
        loop {
            let next = claimed.lock().await.recv().await;
            let Some(job) = next else { return };
            let finished = self.attempt(job).await;
            // Fails once the writer is gone, after the shutdown; the lease gives the job back.
            let _ = endings.send(finished);
        }
    }

    async fn attempt(&self, job: Claimed) -> Finished {
        let now = self.queue.now();
        let waited = now.since(job.due_at);
        let (id, claim) = (job.id, job.claim);
        let finished = |kind: String, ending, outcome, ran| Finished { id, claim, kind, ending, outcome, waited, ran };
        let Some(kind) = self.registry.kinds.get(job.kind.as_str()) else {
            return finished(job.kind, Some(Ending::Later(now)), "returned", Duration::ZERO);
        };
        let stop = self.held().jobs.get(&id).map(|hold| hold.stop.clone()).unwrap_or_default();
        let context = Context {
            queue: self.queue.clone(),
            id,
            claim,
            attempt: job.attempts,
            workspace: job.workspace.map(Id::from_uuid),
            keeps: !kind.policy.keep.is_zero(),
            stop: stop.clone(),
            completed: Arc::new(AtomicBool::new(false)),
        };
        if self.stopping.is_cancelled() {
            self.mark_over(id);
            return finished(job.kind, Some(Ending::Later(now)), "returned", Duration::ZERO);
        }
        let began = Instant::now();
        let body = AssertUnwindSafe(async { (kind.body)(&job.payload, context.clone()).await }).catch_unwind();
        let came = tokio::select! {
            biased;
            came = tokio::time::timeout(kind.policy.timeout, body) => Some(came),
            () = stop.cancelled() => None,
        };
        let ran = began.elapsed();
        let why = self.mark_over(id);
        if context.completed.load(Ordering::Acquire) {
            return finished(job.kind, None, "done", ran);
        }
        let result = match came {
            Some(Ok(Ok(result))) => result,
            Some(Ok(Err(panic))) => Err(Failure::Retry(format!("it panicked: {}", message(&*panic)))),
            Some(Err(_)) => Err(Failure::Retry(format!("it took longer than {:?}", kind.policy.timeout))),
            None => {
                return match why {
                    Some(Stop::Cancelled) => finished(job.kind, Some(Ending::Cancelled), "cancelled", ran),
                    Some(Stop::Shutdown) => finished(job.kind, Some(Ending::Later(self.queue.now())), "returned", ran),
                    Some(Stop::Lost) | None => finished(job.kind, None, "lost", ran),
                };
            }
        };
        let (ending, outcome) = self.judge(&kind.policy, &job, result);
        finished(job.kind, Some(ending), outcome, ran)
    }

    /// What becomes of a job whose attempt came to this.
    fn judge(&self, policy: &Policy, job: &Claimed, result: Result<(), Failure>) -> (Ending, &'static str) {
        let now = self.queue.now();
        let failed = |error: &str| with_failure(job.failures.clone(), job.attempts, now, error);
        match result {
            Ok(()) if policy.keep.is_zero() => (Ending::Gone, "done"),
            Ok(()) => (Ending::Done, "done"),
            Err(Failure::Snooze(pause)) => (Ending::Later(now + pause), "snoozed"),
            Err(Failure::Retry(error)) if job.attempts < i64::from(policy.attempts) => {
                tracing::warn!(job = %job.id, kind = job.kind, attempt = job.attempts, error, "a job has failed; it is tried again");
                (Ending::Again(now + policy.pause(job.attempts, self.queue.env.unit()), failed(&error)), "failed")
            }
            Err(Failure::Retry(error) | Failure::Discard(error)) => {
                tracing::error!(job = %job.id, kind = job.kind, attempt = job.attempts, error, "a job was given up");
                (Ending::Dead(failed(&error)), "dead")
            }
        }
    }

    /// The attempt is over. Says why it was stopped, if so.
    fn mark_over(&self, id: JobId) -> Option<Stop> {
        let why = self.held().jobs.get_mut(&id).and_then(|hold| {
            hold.over = true;
            hold.why
        });
        self.ended.fetch_add(1, Ordering::Relaxed);
        self.changed.notify_one();
        why
    }

    /// Frees the room of jobs that ended.
    pub fn release(&self, ids: impl Iterator<Item = JobId>) {
        let mut held = self.held();
        for id in ids {
            held.jobs.remove(&id);
        }
        let empty = held.jobs.is_empty();
        drop(held);
        self.changed.notify_one();
        if empty {
            self.emptied.notify_waiters();
        }
    }

    /// Stops an attempt, if this process has that claim of it.
    pub fn stop(&self, id: JobId, claim: i64, why: Stop) {
        if let Some(hold) = self.held().jobs.get_mut(&id)
            && hold.claim == claim
        {
            hold.why.get_or_insert(why);
            hold.stop.cancel();
        }
    }

    pub fn stop_all(&self, why: Stop) {
        for hold in self.held().jobs.values_mut() {
            hold.why.get_or_insert(why);
            hold.stop.cancel();
        }
    }

    async fn all_over(&self) {
        loop {
            let emptied = self.emptied.notified();
            if self.held().jobs.is_empty() {
                return;
            }
            emptied.await;
        }
    }

    async fn leave(&self) -> Result<(), JobsError> {
        self.flush_stats().await?;
        store::workers::resign(&self.queue.db, self.worker()).await?;
        store::workers::leave(&self.queue.db, self.worker()).await?;
        Ok(())
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn message(panic: &(dyn std::any::Any + Send)) -> &str {
    panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("")
}
