//! The journal writer: one task that writes what all runs of the process have received, in
//! one small transaction for many runs, and shows it only then. What anybody saw survives
//! `kill -9`.
//!
//! The first piece of a run is written at once; after that, pieces that arrive within
//! [`PACE`] of the last commit wait for the next one and are joined.

use std::{
    mem,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{sync::Notify, time::Instant};

use super::{
    Engine, is_passing,
    live::{Live, Pushed, Stop},
};
use crate::{
    store::{self, journal::JournalRow},
    stream::Piece,
};

/// The least time between two commits, unless a run's first piece waits.
const PACE: Duration = Duration::from_millis(16);
/// Between two attempts while the database is away.
const RETRY: Duration = Duration::from_millis(250);
/// How often the writer looks whether it may stop.
const LAST_LOOK: Duration = Duration::from_millis(20);

/// The runs that have something to write.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    queue: Mutex<Vec<Arc<Live>>>,
    wake: Notify,
    hurry: AtomicBool,
    hurried: Notify,
}

/// Rows on their way into the journal.
struct Batch {
    lives: Vec<(Arc<Live>, Vec<Piece>)>,
    rows: Vec<JournalRow>,
}

impl Journal {
    /// Puts a piece of a run on its way.
    pub fn push(&self, live: &Arc<Live>, piece: Piece) {
        let pushed = live.push(piece);
        if pushed == Pushed::Quiet {
            return;
        }
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).push(live.clone());
        if pushed == Pushed::First {
            self.hurry.store(true, Ordering::Release);
            self.hurried.notify_one();
        }
        self.wake.notify_one();
    }

    fn batch(&self) -> Batch {
        self.hurry.store(false, Ordering::Release);
        let queue = mem::take(&mut *self.queue.lock().unwrap_or_else(PoisonError::into_inner));
        let mut batch = Batch { lives: Vec::with_capacity(queue.len()), rows: Vec::with_capacity(queue.len()) };
        for live in queue {
            if let Some((seq, pieces)) = live.take() {
                batch.rows.push(JournalRow {
                    run: live.run,
                    seq,
                    workspace: live.workspace,
                    // Serialising our own types into memory can't fail.
                    pieces: serde_json::to_string(&pieces).unwrap_or_default(),
                });
                batch.lives.push((live, pieces));
            }
        }
        batch
    }
}

impl Engine {
    /// Puts a piece of a run on its way to the journal and then to its listeners.
    pub(super) fn journal(&self, live: &Arc<Live>, piece: Piece) {
        self.journal.push(live, piece);
    }

    /// Writes until the process shuts down and the last run has ended.
    pub(super) async fn write_journal(self: Arc<Self>) {
        let shutdown = self.tasks.shutdown();
        let mut last = Instant::now();
        loop {
            tokio::select! {
                () = self.journal.wake.notified() => {}
                () = async { shutdown.cancelled().await; tokio::time::sleep(LAST_LOOK).await } => {
                    if self.lives.is_empty() {
                        return;
                    }
                }
            }
            while !self.journal.hurry.load(Ordering::Acquire) && last.elapsed() < PACE {
                tokio::select! {
                    () = tokio::time::sleep_until(last + PACE) => {}
                    () = self.journal.hurried.notified() => {}
                }
            }
            let batch = self.journal.batch();
            last = Instant::now();
            if !batch.rows.is_empty() {
                self.write(batch).await;
            }
        }
    }

    async fn write(&self, batch: Batch) {
        match self.write_rows(&batch.rows).await {
            Ok(()) => batch.lives.iter().for_each(|(live, pieces)| show(live, pieces)),
            // One bad row must not hold up the others.
            Err(_) if batch.rows.len() > 1 => {
                for ((live, pieces), row) in batch.lives.iter().zip(&batch.rows) {
                    match self.write_rows(std::slice::from_ref(row)).await {
                        Ok(()) => show(live, pieces),
                        Err(error) => give_up(live, &error),
                    }
                }
            }
            Err(error) => batch.lives.iter().for_each(|(live, _)| give_up(live, &error)),
        }
    }

    /// Waits for a database that is away; any other error is the rows' own.
    async fn write_rows(&self, rows: &[JournalRow]) -> Result<(), database::Error> {
        loop {
            match store::journal::append(&self.db, rows, self.env.now()).await {
                Err(error) if is_passing(&error) && !self.tasks.shutdown().is_cancelled() => {
                    tracing::warn!(%error, "answers wait for the database");
                    tokio::time::sleep(RETRY).await;
                }
                result => return result,
            }
        }
    }
}

fn show(live: &Live, pieces: &[Piece]) {
    let entries = live.encode(|encoder| {
        for piece in pieces {
            encoder.piece(piece);
        }
        encoder.take()
    });
    live.log.append(entries);
    live.written();
}

fn give_up(live: &Live, error: &database::Error) {
    // The run's workspace is gone, or another process writes the same run.
    tracing::error!(run = %live.run, %error, "a run's journal can't be written; the run is given up");
    live.stop(Stop::Lost);
    live.written();
}
