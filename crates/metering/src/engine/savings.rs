//! What the gateway's cache has saved, on its way to the database.
//!
//! Summed in memory and written once a second, so that a hit costs no write of its own. A
//! process that is asked to stop writes what is left first; one that is killed loses the last
//! second's, which nobody is charged for.

use std::{
    collections::BTreeMap,
    mem,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use kernel::{NanoUsd, UserId, WorkspaceId};

use super::{Engine, is_passing};
use crate::store::savings::{self, Saving};

/// How long savings gather.
const GATHER: Duration = Duration::from_secs(1);
/// Rows in one transaction.
const MOST: usize = 512;

#[derive(Default)]
pub struct Savings(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    /// In the order in which they are written, the same everywhere.
    sums: BTreeMap<(WorkspaceId, i64, UserId), (i64, NanoUsd)>,
    /// A task is at work.
    running: bool,
}

impl Savings {
    fn lock(&self) -> std::sync::MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes what has gathered; with nothing there the task ends.
    fn take(&self) -> Option<Vec<Saving>> {
        let mut waiting = self.lock();
        if waiting.sums.is_empty() {
            waiting.running = false;
            return None;
        }
        let sums = mem::take(&mut waiting.sums).into_iter();
        Some(
            sums.map(|((workspace, day, user), (answers, saved))| Saving { workspace, day, user, answers, saved })
                .collect(),
        )
    }

    fn add(&self, saving: &Saving) {
        let mut waiting = self.lock();
        let sum = waiting.sums.entry((saving.workspace, saving.day, saving.user)).or_default();
        sum.0 = sum.0.saturating_add(saving.answers);
        sum.1 += saving.saved;
    }
}

impl Engine {
    pub fn save(self: &Arc<Self>, saving: &Saving) {
        self.savings.add(saving);
        if !mem::replace(&mut self.savings.lock().running, true) {
            self.tasks.spawn("metering savings", self.clone().write_savings());
        }
    }

    async fn write_savings(self: Arc<Self>) {
        let shutdown = self.tasks.shutdown();
        loop {
            tokio::select! {
                () = tokio::time::sleep(GATHER) => {}
                () = shutdown.cancelled() => {}
            }
            let Some(mut gathered) = self.savings.take() else { return };
            while !gathered.is_empty() {
                let rest = gathered.split_off(gathered.len().min(MOST));
                match savings::add(&self.db, &gathered).await {
                    Ok(()) => gathered = rest,
                    Err(error) if is_passing(&error) && !shutdown.is_cancelled() => {
                        tracing::warn!(%error, "what the cache has saved waits for the database");
                        gathered.iter().chain(&rest).for_each(|saving| self.savings.add(saving));
                        break;
                    }
                    Err(error) => {
                        tracing::error!(%error, rows = gathered.len(), "what the cache has saved can't be written");
                        gathered = rest;
                    }
                }
            }
        }
    }
}
