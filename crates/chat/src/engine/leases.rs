//! Leases: a process that works on runs says so again and again; runs of one that is silent
//! are taken over and closed as interrupted. Also the retention of everything of the chat.

use std::{sync::Arc, time::Duration};

use kernel::RunId;

use super::{Engine, live::Stop};
use crate::store;

/// How often nodes look for requests to stop one of their runs.
const CANCELLATIONS: Duration = Duration::from_millis(100);
const HOUSEKEEPING: Duration = Duration::from_mins(10);
/// Deleted conversations can be restored for so long.
const BIN: Duration = Duration::from_hours(30 * 24);
/// Uploads that no message shows are kept for so long.
const UNUSED_FILES: Duration = Duration::from_hours(24);
const IDEMPOTENCY_KEYS: Duration = Duration::from_hours(24);

impl Engine {
    /// Renews leases and recovers the runs of the dead, until the process shuts down and its
    /// own runs have ended.
    pub(super) async fn keep_leases(self: Arc<Self>) {
        let shutdown = self.tasks.shutdown();
        let every = self.config.lease / 4;
        let mut until_housekeeping = Duration::ZERO;
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
            if let Err(error) = self.renew().await {
                tracing::warn!(%error, "leases can't be renewed for now");
            }
            if let Err(error) = self.recover(false).await {
                tracing::warn!(%error, "interrupted runs can't be looked for now");
            }
            until_housekeeping = until_housekeeping.saturating_sub(every);
            if until_housekeeping.is_zero() && !shutdown.is_cancelled() {
                until_housekeeping = HOUSEKEEPING;
                if let Err(error) = self.clean_up().await {
                    tracing::warn!(%error, "old rows of the chat stay for now");
                }
            }
        }
    }

    async fn renew(&self) -> Result<(), database::Error> {
        // Taken before the renewal, so that a run which begins meanwhile is not missed in its answer.
        let lives: Vec<_> = self.lives.all().into_iter().filter(|live| live.is_stored()).collect();
        if lives.is_empty() {
            return Ok(());
        }
        let ours = store::runs::renew(&self.db, self.node, self.claim().lease_expires_at).await?;
        for live in lives {
            if !ours.contains(&live.run) {
                live.stop(Stop::Lost);
            }
        }
        Ok(())
    }

    /// Stops runs of ours that somebody asked another node to stop.
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

    /// Closes runs that nobody works on: those whose lease has run out and those of this
    /// process that are not alive; with `all`, every run that is not alive here. Returns how many.
    pub async fn recover(&self, all: bool) -> Result<usize, database::Error> {
        let now = self.env.now();
        let mut recovered = 0;
        for record in store::runs::unattended(&self.db, self.node, now, all).await? {
            if self.lives.get(record.run.id).is_some() {
                continue;
            }
            let scope = record.scope();
            if !store::runs::take_over(&self.db, &scope, record.run.id, self.claim(), now, all).await? {
                continue;
            }
            match self.settle_interrupted(&record).await {
                Ok(settled) => recovered += usize::from(settled),
                // It is ours now and not alive, so the next round finds it again.
                Err(error) => tracing::error!(run = %record.run.id, %error, "an interrupted run can't be closed"),
            }
        }
        if recovered > 0 {
            tracing::info!(runs = recovered, "closed runs that were interrupted");
        }
        Ok(recovered)
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
