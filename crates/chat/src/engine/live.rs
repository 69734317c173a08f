//! The runs that this process works on.

use std::{
    collections::HashMap,
    mem,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use events::Log;
use kernel::{RunId, WorkspaceId};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::stream::{self, Encoder, Piece};

/// Bytes that a run may have waiting for the journal before its provider is kept waiting.
const MAX_PENDING: usize = 256 * 1024;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Why a run is to stop before its answer is complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// A person asked for it.
    Cancelled,
    /// The process shuts down.
    Interrupted,
    /// Another process has taken the run over: leave it alone.
    Lost,
}

/// One run under way.
#[derive(Debug)]
pub(crate) struct Live {
    pub run: RunId,
    pub workspace: WorkspaceId,
    pub log: Arc<Log>,
    /// Whether its beginning is stored, once that is known.
    stored: AtomicBool,
    begun: CancellationToken,
    stop: OnceLock<Stop>,
    stopped: CancellationToken,
    ended: CancellationToken,
    pending: Mutex<Pending>,
    encoder: Mutex<Encoder>,
    /// The journal has taken or written something.
    moved: Notify,
}

/// What has arrived and is not written yet.
#[derive(Debug, Default)]
struct Pending {
    pieces: Vec<Piece>,
    bytes: usize,
    /// Rows written so far.
    seq: i64,
    /// Stands in the journal's queue.
    queued: bool,
    /// The journal is writing rows of it.
    in_flight: bool,
    /// Takes no more.
    closed: bool,
}

/// What [`Live::push`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pushed {
    /// It stands in the queue already, or needs no hurry.
    Quiet,
    /// It must be put into the queue.
    Queue,
    /// The same, and this is the first thing to see.
    First,
}

impl Live {
    pub fn new(run: RunId, workspace: WorkspaceId, log: Arc<Log>) -> Self {
        Self {
            run,
            workspace,
            log,
            stored: AtomicBool::new(false),
            begun: CancellationToken::new(),
            stop: OnceLock::new(),
            stopped: CancellationToken::new(),
            ended: CancellationToken::new(),
            pending: Mutex::default(),
            encoder: Mutex::default(),
            moved: Notify::new(),
        }
    }

    /// The beginning is stored, or could not be.
    pub fn set_begun(&self, stored: bool) {
        self.stored.store(stored, Ordering::Release);
        self.begun.cancel();
    }

    /// Waits until it is known whether the beginning is stored.
    pub async fn begun(&self) -> bool {
        self.begun.cancelled().await;
        self.is_stored()
    }

    pub fn is_stored(&self) -> bool {
        self.stored.load(Ordering::Acquire)
    }

    /// Asks the run to stop; the first reason stands.
    pub fn stop(&self, why: Stop) {
        let _ = self.stop.set(why);
        self.stopped.cancel();
    }

    /// Waits until somebody asks the run to stop.
    pub async fn stopped(&self) -> Stop {
        self.stopped.cancelled().await;
        self.stop.get().copied().unwrap_or(Stop::Interrupted)
    }

    /// Waits until the run's end is written.
    pub async fn ended(&self) {
        self.ended.cancelled().await;
    }

    /// Works on the run's encoder: the journal's while it writes, else the runner's.
    pub fn encode<R>(&self, work: impl FnOnce(&mut Encoder) -> R) -> R {
        work(&mut lock(&self.encoder))
    }

    /// Adds a piece for the journal to write.
    pub fn push(&self, piece: Piece) -> Pushed {
        let visible = !matches!(piece, Piece::Usage(_));
        let mut pending = lock(&self.pending);
        pending.bytes += piece.len();
        stream::push(&mut pending.pieces, piece);
        if !visible || pending.queued {
            return Pushed::Quiet;
        }
        pending.queued = true;
        if pending.seq == 0 { Pushed::First } else { Pushed::Queue }
    }

    /// Waits while too much waits for the journal.
    pub async fn room(&self) {
        loop {
            let moved = self.moved.notified();
            if lock(&self.pending).bytes < MAX_PENDING {
                return;
            }
            moved.await;
        }
    }

    /// For the journal: takes what waits, with the number of its row. None: nothing to write.
    pub fn take(&self) -> Option<(i64, Vec<Piece>)> {
        let taken = {
            let mut pending = lock(&self.pending);
            pending.queued = false;
            if pending.closed || pending.pieces.is_empty() {
                return None;
            }
            pending.in_flight = true;
            pending.bytes = 0;
            pending.seq += 1;
            (pending.seq, mem::take(&mut pending.pieces))
        };
        self.moved.notify_waiters();
        Some(taken)
    }

    /// For the journal: what was taken is written (and shown), or given up.
    pub fn written(&self) {
        lock(&self.pending).in_flight = false;
        self.moved.notify_waiters();
    }

    /// For the runner: ends the journal's part and takes what it has not written.
    pub async fn close(&self) -> Vec<Piece> {
        loop {
            let moved = self.moved.notified();
            {
                let mut pending = lock(&self.pending);
                pending.closed = true;
                if !pending.in_flight {
                    return mem::take(&mut pending.pieces);
                }
            }
            moved.await;
        }
    }
}

/// All runs under way.
#[derive(Debug, Default)]
pub(crate) struct Lives {
    by_id: Mutex<HashMap<RunId, Arc<Live>>>,
    removed: Notify,
}

impl Lives {
    pub fn get(&self, run: RunId) -> Option<Arc<Live>> {
        lock(&self.by_id).get(&run).cloned()
    }

    pub fn all(&self) -> Vec<Arc<Live>> {
        lock(&self.by_id).values().cloned().collect()
    }

    pub fn len(&self) -> usize {
        lock(&self.by_id).len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn insert(&self, live: Arc<Live>) {
        lock(&self.by_id).insert(live.run, live);
    }

    pub fn remove(&self, run: RunId) {
        if let Some(live) = lock(&self.by_id).remove(&run) {
            live.ended.cancel();
        }
        self.removed.notify_waiters();
    }

    /// Waits until none is left.
    pub async fn all_ended(&self) {
        loop {
            let removed = self.removed.notified();
            if self.is_empty() {
                return;
            }
            removed.await;
        }
    }
}
