//! Whether something that processes keep in memory still holds.
//!
//! Every process may cache rows that are read all the time and seldom change (keys, routes,
//! budgets). Whoever changes one [bumps](Epochs::bump) a number in the same transaction;
//! whoever uses the cache asks for the number first. A change therefore holds from the next
//! request on, on every process, and no message can get lost. One query reads the numbers of
//! all kinds; requests that ask at the same time share it, and within one request
//! ([`Db::as_of_now`]) it is asked once.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::sync::Mutex;

use crate::{Db, Error, Scope, Statement, Tx, params};

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
    latest: Mutex<Latest>,
}

#[derive(Debug, Default)]
struct Latest {
    /// Every question up to this one was asked before the numbers were read.
    covers: u64,
    /// Of all numbers. They only grow, so as long as it is the same each of them is.
    sum: i64,
    epochs: HashMap<String, i64>,
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
}

impl Db {
    /// Runs a request: all numbers that it asks for are at least as new as its beginning, and
    /// may be read at once. What it changes itself it need not see.
    pub async fn as_of_now<F: Future>(&self, request: F) -> F::Output {
        let began = (Arc::clone(&self.board), self.board.question());
        BEGAN.scope(began, request).await
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
            let covers = board.asked.load(Ordering::Acquire);
            let sum = "SELECT COALESCE(CAST(sum(value) AS BIGINT), 0) FROM epochs";
            let sums: Vec<(i64,)> = self.db.glance(Scope::Platform, sum, params![]).await?;
            let sum = sums.first().map_or(0, |(sum,)| *sum);
            if sum != latest.sum {
                let all = "SELECT name, value FROM epochs";
                let found: Vec<(String, i64)> = self.db.all(Scope::Platform, all, params![]).await?;
                // They may have moved since the sum was read: it is the one of these.
                latest.sum = found.iter().map(|(_, value)| value).sum();
                latest.epochs = found.into_iter().collect();
            }
            latest.covers = covers;
        }
        Ok(latest.epochs.get(self.name).copied().unwrap_or_default())
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
        tx.execute(
            "INSERT INTO epochs (name, value) VALUES ($1, 1)
             ON CONFLICT (name) DO UPDATE SET value = epochs.value + 1",
            params![self.name],
        )
        .await?;
        Ok(())
    }
}
