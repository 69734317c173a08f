//! What keeps spending within budgets: the rules in memory, the room this process holds, and
//! the writer that counts both together with the ledger.
//!
//! The one rule that makes a cap exact: what was spent and what is held on an account grow
//! only in a transaction that has locked the account's row, and only after it has read both.

mod account;
mod batch;
mod caps;
mod holds;
mod plan;
mod savings;
mod writer;

use std::{sync::Arc, time::Duration};

use contracts::Groups;
use database::Db;
use events::Outbox;
use kernel::{Env, Tasks};
use uuid::Uuid;

use caps::Caps;
use holds::Holds;
use savings::Savings;
use writer::Queue;

pub(crate) use holds::Held;

use crate::plans::Plans;

/// How long a hold counts after it was last renewed: the time for which the room of a process
/// that died is missing.
pub const LEASE: Duration = Duration::from_mins(1);

/// The parts that operations work with.
pub(crate) struct Engine {
    pub db: Db,
    pub env: Env,
    pub tasks: Tasks,
    pub outbox: Outbox,
    pub caps: Caps,
    /// Names this process in the rows of its holds.
    pub node: Uuid,
    pub holds: Arc<Holds>,
    queue: Queue,
    savings: Savings,
}

impl Engine {
    pub fn new(db: Db, env: Env, tasks: Tasks, plans: Plans, groups: Arc<dyn Groups>) -> Self {
        Self {
            node: env.uuid(),
            outbox: Outbox::new(env.clone()),
            caps: Caps::new(&db, plans, groups),
            holds: Arc::default(),
            queue: Queue::default(),
            savings: Savings::default(),
            db,
            env,
            tasks,
        }
    }
}

/// Whether the same work may succeed again: the database is away, or was in the way of itself.
fn is_passing(error: &database::Error) -> bool {
    matches!(error, database::Error::Unavailable(_) | database::Error::Conflict(_))
}
