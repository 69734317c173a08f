//! Whether something that processes keep in memory still holds.
//!
//! Every process may cache rows that are read all the time and seldom change (keys, routes,
//! budgets). Whoever changes one [bumps](Epochs::bump) a number in the same transaction;
//! whoever uses the cache asks for the number first. A change therefore holds from the next
//! request on, on every process, and no message can get lost. Requests that ask at the same
//! time share one query.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use tokio::sync::Mutex;

use crate::{Db, Error, Scope, Statement, Tx, params};

/// The number that moves with every change of one kind of thing. A clone shares its queries.
#[derive(Debug, Clone)]
pub struct Epochs {
    db: Db,
    name: &'static str,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    asked: AtomicU64,
    latest: Mutex<Latest>,
}

#[derive(Debug, Default)]
struct Latest {
    /// Every question up to this one was asked before the number was read.
    covers: u64,
    epoch: i64,
}

impl Epochs {
    /// `name` tells the kinds apart.
    pub fn new(db: Db, name: &'static str) -> Self {
        Self { db, name, shared: Arc::default() }
    }

    /// The number as of now: read after this call began.
    pub async fn current(&self) -> Result<i64, Error> {
        let ticket = self.shared.asked.fetch_add(1, Ordering::AcqRel) + 1;
        let mut latest = self.shared.latest.lock().await;
        if latest.covers >= ticket {
            return Ok(latest.epoch);
        }
        let covers = self.shared.asked.load(Ordering::Acquire);
        let found: Option<(i64,)> =
            self.db.optional(Scope::Platform, "SELECT value FROM epochs WHERE name = $1", params![self.name]).await?;
        *latest = Latest { covers, epoch: found.map_or(0, |(epoch,)| epoch) };
        Ok(latest.epoch)
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
