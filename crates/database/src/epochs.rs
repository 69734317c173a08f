//! Whether something that processes keep in memory still holds.
//!
//! Every process may cache rows that are read all the time and seldom change (keys, routes,
//! budgets). Whoever changes one [bumps](Epochs::bump) a number in the same transaction;
//! whoever uses the cache asks for the number first. A change therefore holds from the next
//! request on, on every process, and no message can get lost. One query reads the numbers of
//! all kinds; requests that ask at the same time share it, and within one request
//! ([`Db::as_of_now`]) it is asked once.
//!
//! What may be a moment old on other processes ([`Epochs::recent`]: who is signed in) asks a database
//! server nothing: a task reads the numbers once a second, and what this process changes it knows.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{sync::Mutex, time::Instant};

use crate::{Db, Engine, Error, Scope, Statement, Tx, params};

/// How old numbers may be for [`Epochs::recent`].
pub const RECENT: Duration = Duration::from_secs(3);
/// How often [`Db::follow_epochs`] reads them.
const FOLLOWED: Duration = Duration::from_secs(1);

/// The number that moves with every change of one kind of thing.
#[derive(Debug, Clone)]
pub struct Epochs {
    db: Db,
    name: &'static str,
}

/// The numbers of one database as they were read last.
#[derive(Debug, Default)]
pub(crate) struct Board {
    asked: AtomicU64,
    /// Changes that this process has committed.
    own_changes: AtomicU64,
    latest: Mutex<Latest>,
}

#[derive(Debug, Default)]
struct Latest {
    /// Every question up to this one was asked before the numbers were read.
    covers: u64,
    /// Changes of this process that were committed before the numbers were read.
    own_changes: u64,
    /// When they were asked for; none: never.
    read_at: Option<Instant>,
    /// Of all numbers. They only grow, so as long as it is the same each of them is.
    sum: i64,
    /// None: they are those that were read before.
    epochs: Option<HashMap<String, i64>>,
}

tokio::task_local! {
    /// The question that a request asked when it began, and of which board.
    static BEGAN: (Arc<Board>, u64);
}

impl Board {
    /// Numbers that are read from now on answer the question.
    fn question(&self) -> u64 {
        self.asked.fetch_add(1, Ordering::AcqRel) + 1
    }

    /// A transaction of this process that moved a number is committed.
    pub(crate) fn note_own_change(&self) {
        self.own_changes.fetch_add(1, Ordering::AcqRel);
    }

    /// Reads the numbers, if they have moved from the `known` sum.
    async fn read(&self, db: &Db, known: i64) -> Result<Latest, Error> {
        // Before the query: whatever comes while it is under way is not covered.
        let (covers, own_changes) = (self.asked.load(Ordering::Acquire), self.own_changes.load(Ordering::Acquire));
        let read_at = Some(Instant::now());
        let sum = "SELECT COALESCE(CAST(sum(value) AS BIGINT), 0) FROM epochs";
        let sums: Vec<(i64,)> = db.glance(Scope::Platform, sum, params![]).await?;
        let mut latest = Latest { covers, own_changes, read_at, sum: known, epochs: None };
        if sums.first().map_or(0, |(sum,)| *sum) != known {
            let all = "SELECT name, value FROM epochs";
            let found: Vec<(String, i64)> = db.all(Scope::Platform, all, params![]).await?;
            // They may have moved since the sum was read: it is the one of these.
            latest.sum = found.iter().map(|(_, value)| value).sum();
            latest.epochs = Some(found.into_iter().collect());
        }
        Ok(latest)
    }
}

impl Latest {
    fn of(&self, name: &str) -> i64 {
        self.epochs.as_ref().and_then(|epochs| epochs.get(name)).copied().unwrap_or_default()
    }

    /// Takes over what was read, unless something newer was meanwhile.
    fn renew(&mut self, read: Self) {
        if read.covers < self.covers || read.sum < self.sum {
            return;
        }
        let epochs = read.epochs.or_else(|| self.epochs.take());
        *self = Self { epochs, ..read };
    }
}

impl Db {
    /// Runs a request: all numbers that it asks for are at least as new as its beginning, and
    /// may be read at once. What it changes itself it need not see.
    pub async fn as_of_now<F: Future>(&self, request: F) -> F::Output {
        let began = (Arc::clone(&self.board), self.board.question());
        BEGAN.scope(began, request).await
    }

    /// Reads the numbers once a second for as long as it is polled, so that [`Epochs::recent`] need not.
    /// Returns at once on SQLite, where reading them costs no more than remembering them.
    pub async fn follow_epochs(&self) {
        if self.engine() == Engine::Sqlite {
            return;
        }
        let mut clock = tokio::time::interval(FOLLOWED);
        clock.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            clock.tick().await;
            let known = self.board.latest.lock().await.sum;
            // Not under the lock: nobody waits for this query.
            match self.board.read(self, known).await {
                Ok(read) => self.board.latest.lock().await.renew(read),
                // Whoever asks next asks the database, and gets its error.
                Err(error) => tracing::debug!(%error, "the numbers of caches can't be read"),
            }
        }
    }
}

impl Epochs {
    /// `name` tells the kinds apart.
    pub fn new(db: Db, name: &'static str) -> Self {
        Self { db, name }
    }

    /// The number as of now: read after this call began, or the request that it is part of.
    pub async fn current(&self) -> Result<i64, Error> {
        let board = &self.db.board;
        let began = BEGAN.try_with(|(of, question)| Arc::ptr_eq(of, board).then_some(*question));
        let question = began.ok().flatten().unwrap_or_else(|| board.question());
        let mut latest = board.latest.lock().await;
        if latest.covers < question {
            let read = board.read(&self.db, latest.sum).await?;
            latest.renew(read);
        }
        Ok(latest.of(self.name))
    }

    /// The number as it was [at most three seconds ago](RECENT), and newer than every change that this process
    /// has committed. Asks PostgreSQL nothing while [`Db::follow_epochs`] runs; SQLite is read on the spot,
    /// so there it is [`Epochs::current`].
    pub async fn recent(&self) -> Result<i64, Error> {
        if self.db.engine() == Engine::Sqlite {
            return self.current().await;
        }
        let board = &self.db.board;
        let own_changes = board.own_changes.load(Ordering::Acquire);
        let mut latest = board.latest.lock().await;
        let is_recent = latest.read_at.is_some_and(|read_at| read_at.elapsed() <= RECENT);
        if !is_recent || latest.own_changes < own_changes {
            let read = board.read(&self.db, latest.sum).await?;
            latest.renew(read);
        }
        Ok(latest.of(self.name))
    }

    /// The number as the transaction sees it.
    pub async fn within(&self, tx: &mut Tx) -> Result<i64, Error> {
        let found: Option<(i64,)> = tx.optional("SELECT value FROM epochs WHERE name = $1", params![self.name]).await?;
        Ok(found.map_or(0, |(epoch,)| epoch))
    }

    /// A statement for [`Tx::execute_batch`] that asks whether the number is still `epoch`: it
    /// counts no row if so, and one if it has moved.
    pub fn moved_from(&self, epoch: i64) -> Statement {
        // Writes nothing, as the number is not another one; a batch can't read.
        ("UPDATE epochs SET value = value WHERE name = $1 AND value <> $2", params![self.name, epoch])
    }

    /// Moves the number, when the transaction commits.
    pub async fn bump(&self, tx: &mut Tx) -> Result<(), Error> {
        tx.bump(self.name).await
    }
}
