//! Writing down what became of attempts: those that end while a transaction is under way share the next one.

use std::{sync::Arc, time::Duration};

use database::Platform;
use tokio::sync::mpsc;

use crate::{
    JobsError,
    store::{self, Ending},
    workers::{Finished, Inner},
};

/// Endings that share a transaction, at the most.
const MOST: usize = 1_000;
/// Pause before endings are written again that could not be.
const PAUSE: Duration = Duration::from_millis(500);

impl Inner {
    pub async fn write_endings(self: Arc<Self>, mut over: mpsc::UnboundedReceiver<Finished>) {
        let mut batch = Vec::new();
        loop {
            tokio::select! {
                biased;
                count = over.recv_many(&mut batch, MOST) => {
                    if count == 0 {
                        return;
                    }
                }
                () = self.closed.cancelled() => return,
            }
            let batch = std::mem::take(&mut batch);
            // What a lost lease has given to others in the meantime is fenced, so trying again does no harm.
            while let Err(error) = self.write(&batch).await {
                tracing::error!(%error, jobs = batch.len(), "what became of jobs can't be written down right now");
                tokio::select! {
                    () = tokio::time::sleep(PAUSE) => {}
                    () = self.closed.cancelled() => return,
                }
            }
        }
    }

    /// Writes endings down, in one transaction.
    pub async fn write(&self, finished: &[Finished]) -> Result<(), JobsError> {
        let now = self.queue.now();
        let written = finished.iter().filter_map(|it| Some((it, it.ending.clone()?)));
        let (ids, statements): (Vec<_>, Vec<_>) =
            written.map(|(it, ending)| (it.id, store::ending(it.id, it.claim, ending, now))).unzip();
        if !statements.is_empty() {
            let mut tx = self.queue.db.begin(Platform).await?;
            let counts = tx.execute_batch(statements).await?;
            tx.commit().await?;
            for (id, _) in ids.iter().zip(counts).filter(|(_, count)| *count == 0) {
                tracing::warn!(job = %id, "an attempt came to its end after it was lost to another");
            }
        }
        self.stats.note(finished, now);
        self.release(finished.iter().map(|it| it.id));
        let limited = |kind: &str| {
            self.registry
                .kinds
                .get(kind)
                .is_some_and(|kind| kind.policy.at_once.is_some() || kind.policy.at_once_per_workspace.is_some())
        };
        // Other processes may wait for what was at its limit; and this one for what is due again.
        if finished.iter().any(|it| limited(&it.kind)) {
            self.queue.bell.ring();
        } else if finished.iter().any(|it| !matches!(it.ending, Some(Ending::Gone | Ending::Done) | None)) {
            self.queue.bell.ring_here();
        }
        Ok(())
    }
}
