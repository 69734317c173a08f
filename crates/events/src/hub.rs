//! The run hub: one replayable, append-only log per run, read by any number of listeners.
//!
//! Frames are encoded once and shared ([`Bytes`]); a listener is an index into the log, and
//! all of them wait on one [`Notify`]. A finished log stays for a while, so that a client that
//! comes back finds it; how long and how much is bounded.

use std::{
    collections::{HashMap, VecDeque},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use futures_util::{Stream, stream};
use kernel::{Env, Timestamp};
use tokio::sync::Notify;
use uuid::Uuid;

/// How long a finished log is kept.
const KEEP: Duration = Duration::from_mins(5);
/// What finished logs may hold together, in bytes; the oldest go first.
const KEEP_BYTES: usize = 32 * 1024 * 1024;
/// What an entry costs besides its frame.
const ENTRY_BYTES: usize = size_of::<Entry>();

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic while holding the lock leaves whole values behind: entries are pushed, never half-written.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One event of a log. Keys grow strictly along the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub key: u64,
    /// The event as it goes over the wire.
    pub frame: Bytes,
}

/// The events of one run so far.
#[derive(Debug, Default)]
pub struct Log {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    entries: Vec<Entry>,
    bytes: usize,
    ended: bool,
}

impl Log {
    /// Adds events and wakes the listeners once.
    pub fn append(&self, entries: Vec<Entry>) {
        if entries.is_empty() {
            return;
        }
        {
            let mut state = lock(&self.state);
            state.bytes += entries.iter().map(|entry| entry.frame.len() + ENTRY_BYTES).sum::<usize>();
            state.entries.extend(entries);
        }
        self.changed.notify_waiters();
    }

    fn end(&self) -> usize {
        let bytes = {
            let mut state = lock(&self.state);
            state.ended = true;
            state.entries.shrink_to_fit();
            state.bytes
        };
        self.changed.notify_waiters();
        bytes
    }

    /// The events with a key greater than `key`, those to come included, until the log ends.
    pub fn listen_after(self: &Arc<Self>, key: u64) -> impl Stream<Item = Entry> + Send + use<> {
        let index = lock(&self.state).entries.partition_point(|entry| entry.key <= key);
        stream::unfold((Arc::clone(self), index), move |(log, mut index)| async move {
            loop {
                // Made before the look, so that what is appended in between still wakes it.
                let changed = log.changed.notified();
                {
                    let state = lock(&log.state);
                    while let Some(entry) = state.entries.get(index) {
                        index += 1;
                        // A listener may know more than this log does yet.
                        if entry.key > key {
                            let entry = entry.clone();
                            drop(state);
                            drop(changed);
                            return Some((entry, (log, index)));
                        }
                    }
                    if state.ended {
                        return None;
                    }
                }
                changed.await;
            }
        })
    }
}

/// The logs of this process. A clone is another handle.
#[derive(Clone)]
pub struct Hub {
    env: Env,
    state: Arc<Mutex<Logs>>,
}

#[derive(Default)]
struct Logs {
    by_id: HashMap<Uuid, Arc<Log>>,
    /// Finished logs, the oldest first: when each ended, its id and its size.
    ended: VecDeque<(Timestamp, Uuid, usize)>,
    ended_bytes: usize,
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hub({} logs)", self.len())
    }
}

impl Hub {
    pub fn new(env: Env) -> Self {
        Self { env, state: Arc::default() }
    }

    /// Begins a log.
    pub fn open(&self, id: Uuid) -> Arc<Log> {
        let log = Arc::new(Log::default());
        lock(&self.state).by_id.insert(id, log.clone());
        log
    }

    /// The log, if it is here and not forgotten.
    pub fn get(&self, id: Uuid) -> Option<Arc<Log>> {
        lock(&self.state).by_id.get(&id).cloned()
    }

    /// Ends a log: its listeners end when they have read it, and it is kept for a while.
    pub fn end(&self, id: Uuid) {
        let mut state = lock(&self.state);
        if let Some(log) = state.by_id.get(&id) {
            let bytes = log.end();
            state.ended.push_back((self.env.now(), id, bytes));
            state.ended_bytes += bytes;
        }
        self.forget(&mut state);
    }

    /// Ends a log and forgets it at once: somebody else has the true one.
    pub fn discard(&self, id: Uuid) {
        if let Some(log) = lock(&self.state).by_id.remove(&id) {
            log.end();
        }
    }

    /// Forgets finished logs that are too old or too many.
    pub fn sweep(&self) {
        self.forget(&mut lock(&self.state));
    }

    fn forget(&self, state: &mut Logs) {
        let horizon = self.env.now() - KEEP;
        while let Some(&(at, id, bytes)) = state.ended.front()
            && (at <= horizon || state.ended_bytes > KEEP_BYTES)
        {
            state.ended.pop_front();
            state.ended_bytes -= bytes;
            state.by_id.remove(&id);
        }
    }

    /// Logs held, finished ones included.
    pub fn len(&self) -> usize {
        lock(&self.state).by_id.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::StreamExt;
    use kernel::{ManualClock, env::SeededRng};

    fn entry(key: u64, size: usize) -> Entry {
        Entry { key, frame: vec![b'x'; size].into() }
    }

    fn hub() -> (Hub, Arc<ManualClock>) {
        let clock = Arc::new(ManualClock::at(Timestamp::from_micros(1)));
        (Hub::new(Env::new(clock.clone(), Arc::new(SeededRng::new(1)))), clock)
    }

    #[tokio::test]
    async fn every_listener_sees_every_event_from_where_it_asked() {
        let (hub, _) = hub();
        let id = Uuid::from_u128(1);
        let log = hub.open(id);
        log.append(vec![entry(1, 1), entry(5, 2)]);
        let all = log.listen_after(0).map(|entry| entry.key).collect::<Vec<_>>();
        let between = log.listen_after(3).map(|entry| entry.key).collect::<Vec<_>>();
        let ahead = log.listen_after(7).map(|entry| entry.key).collect::<Vec<_>>();
        let write = async {
            tokio::task::yield_now().await;
            log.append(vec![entry(6, 1), entry(9, 3)]);
            tokio::task::yield_now().await;
            hub.end(id);
        };
        let (all, between, ahead, ()) = tokio::join!(all, between, ahead, write);
        assert_eq!((all, between, ahead), (vec![1, 5, 6, 9], vec![5, 6, 9], vec![9]));
    }

    #[test]
    fn forgets_what_is_old_and_what_is_too_much() {
        let (hub, clock) = hub();
        for number in 0..3 {
            let id = Uuid::from_u128(number);
            hub.open(id).append(vec![entry(1, KEEP_BYTES / 2)]);
            hub.end(id);
        }
        assert!(hub.get(Uuid::from_u128(0)).is_none(), "three halves are too much");
        assert!(hub.get(Uuid::from_u128(2)).is_some());
        let running = Uuid::from_u128(9);
        hub.open(running);
        clock.advance(KEEP);
        hub.sweep();
        assert_eq!(hub.len(), 1, "only the running one is left");
        assert!(hub.get(running).is_some());
    }
}
