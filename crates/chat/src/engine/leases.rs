//! Leases: a process that works on runs says so again and again; runs of one that is silent
//! are taken over and closed as interrupted. Also the retention of everything of the chat.

use std::{collections::HashSet, sync::Arc, time::Duration};

use kernel::RunId;

use super::{Engine, live::Stop};
use crate::store::{self, runs::RunRecord};

/// How often nodes look for requests to stop one of their runs.
const CANCELLATIONS: Duration = Duration::from_millis(100);
/// Runs recovered at a time.
const BATCH: u32 = 100;
const HOUSEKEEPING: Duration = Duration::from_mins(10);
/// Deleted conversations can be restored for so long.
const BIN: Duration = Duration::from_hours(30 * 24);
/// Uploads that no message shows are kept for so long.
const UNUSED_FILES: Duration = Duration::from_hours(24);
const IDEMPOTENCY_KEYS: Duration = Duration::from_hours(24);

impl Engine {
    /// Renews leases and recovers the runs of the dead, until the process shuts down and its
    /// own runs have ended. With `all`, every other process is dead at first.
    pub(super) async fn keep_leases(self: Arc<Self>, all: bool) {
        let shutdown = self.tasks.shutdown();
        let every = self.config.lease / 4;
        let mut until_housekeeping = Duration::ZERO;
        warn(self.recover_every(all).await, "interrupted runs can't be looked for");
        loop {
            tokio::select! {
                () = tokio::time::sleep(every) => {}
                () = shutdown.cancelled() => {
                    tokio::select! {
                        () = self.lives.all_ended() => return,
                        () = tokio::time::sleep(every) => {}
                    }
                }
            }
            warn(self.renew().await, "leases can't be renewed");
            warn(self.recover_every(false).await, "interrupted runs can't be looked for");
            until_housekeeping = until_housekeeping.saturating_sub(every);
            if until_housekeeping.is_zero() && !shutdown.is_cancelled() {
                until_housekeeping = HOUSEKEEPING;
                warn(self.clean_up().await, "old rows of the chat can't be deleted");
            }
        }
    }

    async fn renew(&self) -> Result<(), database::Error> {
        // Taken before the renewal, so that a run which begins meanwhile is not missed in its answer.
        let lives: Vec<_> = self.lives.all().into_iter().filter(|live| live.is_stored()).collect();
        let ours = store::runs::renew(&self.db, self.node, self.claim().lease_expires_at).await?;
        let ours: HashSet<RunId> = ours.into_iter().collect();
        for live in lives {
            if !ours.contains(&live.run) {
                live.stop(Stop::Lost);
            }
        }
        // Ours and not alive: its task panicked, or could not write its end.
        for run in ours {
            if self.lives.get(run).is_none()
                && let Some(record) = store::runs::unfinished(&self.db, run).await?
            {
                self.close(&record).await;
            }
        }
        Ok(())
    }

    /// Stops runs of ours that somebody asked another node to stop, and those of workspaces that were closed.
    pub(super) async fn watch_cancellations(self: Arc<Self>) {
        let shutdown = self.tasks.shutdown();
        loop {
            tokio::select! {
                () = tokio::time::sleep(CANCELLATIONS) => {}
                () = shutdown.cancelled() => return,
            }
            if self.lives.is_empty() {
                continue;
            }
            let asked: Vec<RunId> = store::runs::cancel_requests(&self.db, self.node).await.unwrap_or_default();
            for live in asked.into_iter().filter_map(|run| self.lives.get(run)) {
                live.stop(Stop::Cancelled);
            }
        }
    }

    async fn recover_every(&self, all: bool) -> Result<(), database::Error> {
        while self.recover(all, BATCH).await? > 0 {}
        Ok(())
    }

    /// Closes runs that nobody works on, `limit` at the most: those whose lease has run out, or
    /// with `all` those of every other process. Returns how many.
    pub async fn recover(&self, all: bool, limit: u32) -> Result<usize, database::Error> {
        let now = self.env.now();
        let mut recovered = 0;
        for record in store::runs::unattended(&self.db, self.node, now, all, limit).await? {
            let scope = record.scope();
            if store::runs::take_over(&self.db, &scope, record.run.id, self.claim(), now, all).await? {
                recovered += usize::from(self.close(&record).await);
            }
        }
        if recovered > 0 {
            tracing::info!(runs = recovered, "closed runs that were interrupted");
        }
        Ok(recovered)
    }

    /// Closes a run that is ours and not alive. Should it fail, the next renewal finds it again.
    async fn close(&self, record: &RunRecord) -> bool {
        self.settle_interrupted(record).await.unwrap_or_else(|error| {
            tracing::error!(run = %record.run.id, %error, "an interrupted run can't be closed");
            false
        })
    }

    /// Deletes what is past its retention.
    pub async fn clean_up(&self) -> Result<(), database::Error> {
        let now = self.env.now();
        self.hub.sweep();
        store::conversations::purge(&self.db, now - BIN).await?;
        store::files::purge_unused(&self.db, now - UNUSED_FILES).await?;
        store::runs::forget_keys(&self.db, now - IDEMPOTENCY_KEYS).await?;
        store::journal::delete_orphans(&self.db, now - self.config.lease).await?;
        self.outbox.sweep(&self.db).await?;
        Ok(())
    }
}

/// A loop goes on: what failed is tried again with its next round.
fn warn(outcome: Result<(), database::Error>, what: &str) {
    if let Err(error) = outcome {
        tracing::warn!(%error, "{what} for now");
    }
}
