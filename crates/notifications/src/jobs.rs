//! What happens by itself: letters are delivered. Old ones are deleted by the installation's
//! [chores](crate::Notifications::sweep).

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::{Notifications, NotificationsError, config::POLL};

/// The least pause, so that a clock that stands still or a row that somebody holds burns no core.
const LEAST: Duration = Duration::from_secs(1);

impl Notifications {
    /// Starts the delivery. When the process shuts down, the letters that are on their way still go, and no
    /// others begin.
    pub fn start(&self) {
        let shutdown = self.0.tasks.shutdown();
        if self.0.carrier.is_some() {
            let this = self.clone();
            self.0.tasks.spawn("delivery of letters", async move {
                loop {
                    // A letter that is posted during the round wakes the next one at once.
                    let pause = this.round(&shutdown).await;
                    tokio::select! {
                        () = tokio::time::sleep(pause) => {}
                        () = this.0.posted.notified() => {}
                        () = shutdown.cancelled() => return,
                    }
                }
            });
        }
    }

    /// Delivers what is due. Says how long to wait for more.
    async fn round(&self, shutdown: &CancellationToken) -> Duration {
        match self.deliver_all(shutdown).await {
            Ok(pause) => pause,
            Err(error) => {
                tracing::error!(%error, "letters can't be delivered right now");
                POLL
            }
        }
    }

    async fn deliver_all(&self, shutdown: &CancellationToken) -> Result<Duration, NotificationsError> {
        while !shutdown.is_cancelled() && self.deliver_due().await?.tried() > 0 {}
        let due = self.next_due().await?;
        Ok(due.map_or(POLL, |due| due.since(self.0.env.now()).clamp(LEAST, POLL)))
    }
}
