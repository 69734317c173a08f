//! A bell that every process on the same database hears: it wakes who waits for rows.
//!
//! Whoever commits rows rings ([`Bell::ring`], best from [`Tx::on_commit`](crate::Tx::on_commit)). The task of this
//! process that waits ([`Bell::rung`]) wakes at once; those of others through PostgreSQL's `LISTEN`, over one
//! connection that [`Bell::attend`] keeps. `NOTIFY` is sent from there and not from the transaction that rings, because
//! it makes commits wait for each other; rings that come while one is on its way are sent as one.
//!
//! A ring may get lost, with the process that should have sent it or with a connection. Who waits also looks by itself
//! now and then. Deliberately absent: what is waited for.

use std::{sync::Arc, time::Duration};

use tokio::sync::Notify;

use crate::{Db, db::Driver};

/// Pause before a lost connection is made anew.
const PAUSE: Duration = Duration::from_secs(1);

/// A bell of one name. A clone is the same bell.
#[derive(Clone)]
pub struct Bell {
    db: Db,
    channel: &'static str,
    sides: Arc<Sides>,
}

#[derive(Default)]
pub(crate) struct Sides {
    /// Wakes the task that waits here.
    pub here: Notify,
    /// Wakes the one that tells the others.
    pub elsewhere: Notify,
}

impl std::fmt::Debug for Bell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Bell({})", self.channel)
    }
}

impl Db {
    /// A bell. `channel` is a plain identifier; processes that use the same one hear each other.
    pub fn bell(&self, channel: &'static str) -> Bell {
        Bell { db: self.clone(), channel, sides: Arc::default() }
    }
}

impl Bell {
    /// Wakes who waits, here at once and elsewhere soon.
    pub fn ring(&self) {
        self.sides.here.notify_one();
        self.sides.elsewhere.notify_one();
    }

    /// Wakes who waits here alone: what happened concerns no other process.
    pub fn ring_here(&self) {
        self.sides.here.notify_one();
    }

    /// Waits for the next ring, or returns at once if it rang since the last time. One task waits.
    pub async fn rung(&self) {
        self.sides.here.notified().await;
    }

    /// Carries rings between this process and others for as long as it is polled. On SQLite, whose file one process
    /// serves, there is nobody to tell.
    pub async fn attend(&self) {
        let Driver::Postgres(postgres) = &*self.db.driver else { return };
        loop {
            if let Err(error) = postgres.attend(self.channel, &self.sides).await {
                tracing::debug!(%error, channel = self.channel, "rings of other processes are not heard for now");
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}
