//! Conversations, messages and runs: the heart of the product.
//!
//! A message stands in a tree; an assistant's message is written by a *run*. A run belongs to
//! the server, not to a connection: a client that leaves changes nothing, and whoever comes
//! back continues at the same byte.
//!
//! Invariants:
//! - Durable before visible: what anybody was shown is in the database (`engine::journal`).
//! - A run begins in one transaction and ends in one: text, status, ledger entry and outbox
//!   event together (`operations::start_run`, `engine::settle`).
//! - Every run ends: by its provider, a person, a limit, the shutdown, or the sweeper that
//!   closes the runs of a dead process (`engine::leases`).
//! - A conversation is a person's own, and seen by those whom they share it with: one place says what a caller may
//!   do with it (`operations::access`), and whatever reads its messages asks for the proof (`admitted`).
//!
//! Deliberately absent: tools (calls that a model asks for are shown, none is run), full-text
//! search, and realtime over several nodes.

mod admitted;
mod config;
mod engine;
mod error;
mod http;
pub mod model;
mod operations;
mod realtime;
mod store;
mod stream;

use std::{fmt, sync::Arc, time::Duration};

use contracts::{Audit, Groups, Guardrails, Identity, Metering, Providers};
use database::{Db, Tx};
use kernel::{Env, Id, Tasks};
use serde::Serialize;

pub(crate) use admitted::Admitted;
pub use config::{Config, Titles};
pub use engine::Frames;
pub use error::ChatError;
pub use http::routes;
pub use operations::*;
pub use realtime::ChatEvent;
pub use stream::{Position, UiEvent};

use engine::Engine;

/// What the chat is made of.
pub struct Parts {
    pub db: Db,
    pub env: Env,
    pub tasks: Tasks,
    pub providers: Arc<dyn Providers>,
    pub metering: Arc<dyn Metering>,
    pub guardrails: Arc<dyn Guardrails>,
    pub audit: Arc<dyn Audit>,
    /// Knows people's names.
    pub people: Arc<dyn Identity>,
    /// Knows the names of groups.
    pub groups: Arc<dyn Groups>,
    pub config: Config,
}

/// The chat. A clone is another handle.
#[derive(Clone)]
pub struct Chat(Arc<Engine>);

impl fmt::Debug for Chat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Chat")
    }
}

impl Chat {
    /// Nothing runs before [`Chat::start`].
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(Engine::new(parts)))
    }

    /// Closes runs that a process before this one left unfinished, and starts the loops. On
    /// SQLite there is one process, so every unfinished run is such a one; on PostgreSQL the
    /// leases tell.
    pub async fn start(&self) -> Result<(), database::Error> {
        let alone = self.0.db.engine() == database::Engine::Sqlite;
        // A few at once, the rest behind the first requests.
        self.0.recover(alone, 20).await?;
        self.0.start(alone);
        Ok(())
    }

    /// Shuts down gracefully: takes no new runs, lets those under way finish within `limit`,
    /// then interrupts the rest. Call it before the tasks are drained. Returns whether all
    /// runs ended by themselves.
    pub async fn drain(&self, limit: Duration) -> bool {
        self.0.drain(limit).await
    }

    /// Closes what dead processes left and deletes what is past its retention; the loops do
    /// the same from time to time. Returns how many runs were closed.
    pub async fn sweep(&self) -> Result<usize, database::Error> {
        let recovered = self.0.recover(false, 1000).await?;
        self.0.clean_up().await?;
        Ok(recovered)
    }

    /// Runs that this process works on.
    pub fn live_runs(&self) -> usize {
        self.0.lives.len()
    }

    fn engine(&self) -> &Arc<Engine> {
        &self.0
    }

    async fn append_event<P, T: Serialize>(
        &self,
        tx: &mut Tx,
        caller: Caller,
        event_type: &str,
        subject: Id<P>,
        payload: &T,
    ) -> Result<(), database::Error> {
        let event = events::outbox::NewEvent { event_type, subject: subject.uuid(), payload: store::json(payload)? };
        self.0.outbox.append(tx, &caller.scope, event).await
    }
}
