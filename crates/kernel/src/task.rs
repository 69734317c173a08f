//! Supervised background tasks: named, counted, cancelled together, awaited at shutdown.

use std::{future::Future, time::Duration};

use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// The tasks of one process. A clone is another handle to the same set.
#[derive(Debug, Clone, Default)]
pub struct Tasks {
    tracker: TaskTracker,
    shutdown: CancellationToken,
}

impl Tasks {
    pub fn new() -> Self {
        Self::default()
    }

    /// Runs `future` to its end. A panic is logged under `name` and ends only that task.
    #[allow(clippy::disallowed_methods, reason = "the one place that spawns")]
    pub fn spawn<F>(&self, name: &'static str, future: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let guarded = async move {
            if let Err(panic) = tokio::spawn(future).await {
                tracing::error!(task = name, %panic, "a background task panicked");
            }
        };
        self.tracker.spawn(guarded);
    }

    /// Cancelled when the process begins to shut down.
    pub fn shutdown(&self) -> CancellationToken {
        self.shutdown.clone()
    }

    /// How many tasks are alive.
    pub fn len(&self) -> usize {
        self.tracker.len()
    }

    pub fn is_empty(&self) -> bool {
        self.tracker.is_empty()
    }

    /// Asks every task to stop and waits for them, `limit` at the most.
    /// Returns whether all of them ended.
    pub async fn drain(&self, limit: Duration) -> bool {
        self.shutdown.cancel();
        self.tracker.close();
        tokio::time::timeout(limit, self.tracker.wait())
            .await
            .is_ok()
    }
}
