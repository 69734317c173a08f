//! The outbox: events written in the transaction of the change that they tell of, so that
//! the one never exists without the other (the *transactional outbox* pattern).

use std::time::Duration;

use database::{Db, Error, Tx};
use kernel::{Env, TenantScope};
use uuid::Uuid;

use crate::store;

/// How long events are kept.
pub const RETENTION: Duration = Duration::from_hours(30 * 24);

/// One event, before it is written.
#[derive(Debug, Clone)]
pub struct NewEvent<'a> {
    /// What happened, as `subject.verb`: `run.finished`.
    pub event_type: &'a str,
    /// The id of what it happened to.
    pub subject: Uuid,
    /// The subject afterwards, as JSON.
    pub payload: String,
}

/// Writes events and forgets old ones.
#[derive(Debug, Clone)]
pub struct Outbox {
    env: Env,
}

impl Outbox {
    pub const fn new(env: Env) -> Self {
        Self { env }
    }

    /// Adds an event to the caller's transaction.
    pub async fn append(&self, tx: &mut Tx, scope: &TenantScope, event: NewEvent<'_>) -> Result<(), Error> {
        store::insert(tx, scope, self.env.id(), event, self.env.now()).await
    }

    /// Deletes events older than [`RETENTION`]; returns how many.
    pub async fn sweep(&self, db: &Db) -> Result<u64, Error> {
        store::delete_before(db, self.env.now() - RETENTION).await
    }
}
