//! The writer: calls queue up, and a task takes all that wait into one transaction, so that
//! many share one commit and a lone one waits for nobody. The task lives as long as there is
//! something to do.

use std::{
    mem,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use contracts::metering::{MeteringError, NewReservation, Reservation, ReserveError, UsageEntry};
use database::Error;
use futures_util::FutureExt as _;
use kernel::TenantScope;
use tokio::sync::oneshot;

use super::{
    Engine,
    batch::Outcome,
    is_passing,
    plan::{Batch, Ending, Wanted},
};
use crate::model::Entry;

/// Calls in one transaction.
const MOST: usize = 512;
/// The most turns of the runtime that a transaction waits for others to join it.
const TURNS: u32 = 16;
/// Between two attempts while the database is away.
const RETRY: Duration = Duration::from_millis(250);
/// Attempts while budgets change or are deleted under it.
const ATTEMPTS: u32 = 8;
/// How often the rows of holds are looked after.
const ATTENDANCE: Duration = Duration::from_secs(1);
/// While the process shuts down, how often, and how many times.
const LAST_LOOK: Duration = Duration::from_millis(50);
const LAST_LOOKS: u32 = 40;

/// What waits for the writer.
#[derive(Default)]
pub struct Queue(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    batch: Batch,
    /// A task is at work.
    running: bool,
}

impl Queue {
    fn lock(&self) -> std::sync::MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets whoever is about to ask get into the same transaction: as long as every turn of the
    /// runtime brings somebody else. On an idle process that is one turn.
    async fn gather(&self) {
        let mut waiting = 0;
        for _ in 0..TURNS {
            tokio::task::yield_now().await;
            let now = self.lock().batch.len();
            if now <= waiting.max(1) {
                return;
            }
            waiting = now;
        }
    }

    /// Takes what waits, up to [`MOST`]; with nothing there the task ends.
    fn take(&self) -> Option<Batch> {
        let mut waiting = self.lock();
        let batch = &mut waiting.batch;
        if batch.len() == 0 && !batch.renew {
            waiting.running = false;
            return None;
        }
        let renew = mem::take(&mut batch.renew);
        let endings = if batch.endings.len() > MOST {
            batch.endings.drain(..MOST).collect()
        } else {
            mem::take(&mut batch.endings)
        };
        let wanted =
            if batch.wanted.len() > MOST { batch.wanted.drain(..MOST).collect() } else { mem::take(&mut batch.wanted) };
        Some(Batch { endings, wanted, renew })
    }
}

impl Engine {
    /// Keeps room, together with others who ask at the same time.
    pub async fn keep(
        self: &Arc<Self>,
        scope: TenantScope,
        wanted: NewReservation,
    ) -> Result<Reservation, ReserveError> {
        let (reply, answer) = oneshot::channel();
        self.queue(|batch| batch.wanted.push(Wanted { scope, wanted, reply }));
        answer.await.unwrap_or_else(|_| Err(given_up().into()))
    }

    /// Writes an entry, together with others that end at the same time.
    pub async fn write(
        self: &Arc<Self>,
        scope: TenantScope,
        entry: Entry,
        held: Option<Box<super::Held>>,
    ) -> Result<UsageEntry, MeteringError> {
        let (reply, answer) = oneshot::channel();
        self.queue(|batch| batch.endings.push(Ending { scope, entry, held, reply }));
        answer.await.unwrap_or_else(|_| Err(given_up().into()))
    }

    fn queue(self: &Arc<Self>, add: impl FnOnce(&mut Batch)) {
        let mut waiting = self.queue.lock();
        add(&mut waiting.batch);
        if !mem::replace(&mut waiting.running, true) {
            self.tasks.spawn("metering writer", self.clone().run());
        }
    }

    async fn run(self: Arc<Self>) {
        loop {
            self.queue.gather().await;
            let Some(batch) = self.queue.take() else { return };
            // A panic is the batch's alone: whoever waits for it finds that nobody answers.
            if AssertUnwindSafe(self.process(batch)).catch_unwind().await.is_err() {
                tracing::error!("the writer of usage panicked");
            }
            if self.holds.wants_attendance() {
                self.tasks.spawn("metering holds", self.clone().attend());
            }
        }
    }

    /// Does all of a batch, in pieces where it has to be, and answers everybody.
    async fn process(&self, mut batch: Batch) {
        let mut attempts = 0;
        loop {
            attempts += 1;
            match self.attempt(&mut batch).await {
                Ok(Outcome::Done) => return,
                Ok(Outcome::Stale) if attempts < ATTEMPTS => {}
                Ok(Outcome::Stale) => return refuse(batch, || Error::Conflict("budgets change all the time".into())),
                Ok(Outcome::Repeated(repeated)) => {
                    for ending in repeated {
                        self.settle_repeated(ending).await;
                    }
                }
                Err(error) if is_passing(&error) => {
                    // Who asks for room can ask again; what was used has to be written.
                    for Wanted { reply, .. } in batch.wanted.drain(..) {
                        let _ = reply.send(Err(Error::Unavailable(error.to_string()).into()));
                    }
                    if batch.endings.is_empty() || self.tasks.shutdown().is_cancelled() {
                        return refuse(batch, || Error::Unavailable(error.to_string()));
                    }
                    tracing::warn!(%error, "usage waits for the database");
                    tokio::time::sleep(RETRY).await;
                }
                // A budget was deleted under it.
                Err(Error::ForeignKeyViolation) if attempts < 3 => self.caps.forget(),
                Err(_) if batch.len() > 1 => return self.one_by_one(batch).await,
                Err(error) => {
                    tracing::error!(%error, "usage can't be written");
                    let mut error = Some(error);
                    return refuse(batch, || error.take().unwrap_or_else(given_up));
                }
            }
        }
    }

    /// One of them is bad, and must not hold up the others.
    async fn one_by_one(&self, batch: Batch) {
        for ending in batch.endings {
            Box::pin(self.process(Batch { endings: vec![ending], ..Batch::default() })).await;
        }
        for wanted in batch.wanted {
            Box::pin(self.process(Batch { wanted: vec![wanted], ..Batch::default() })).await;
        }
    }

    /// Renews leases and gives back what reservations have left, as long as anything is held.
    async fn attend(self: Arc<Self>) {
        let shutdown = self.tasks.shutdown();
        let mut last_looks = 0;
        while !self.holds.done() {
            if !self.holds.due(self.env.now(), true).is_empty() {
                self.queue(|batch| batch.renew = true);
            }
            if shutdown.is_cancelled() {
                last_looks += 1;
                if last_looks > LAST_LOOKS {
                    return self.holds.leave();
                }
                tokio::time::sleep(LAST_LOOK).await;
                continue;
            }
            tokio::select! {
                () = tokio::time::sleep(ATTENDANCE) => {}
                () = shutdown.cancelled() => {}
            }
        }
    }
}

fn refuse(batch: Batch, mut error: impl FnMut() -> Error) {
    for Ending { reply, .. } in batch.endings {
        let _ = reply.send(Err(error().into()));
    }
    for Wanted { reply, .. } in batch.wanted {
        let _ = reply.send(Err(error().into()));
    }
}

fn given_up() -> Error {
    Error::Unavailable("usage could not be written".to_owned())
}
