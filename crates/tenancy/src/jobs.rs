//! What happens by itself: audit logs are sent to where they go.

use std::{sync::Arc, time::Duration};

use contracts::{Identity, audit::Origin};
use kernel::Tasks;
use tokio_util::sync::CancellationToken;

use crate::{Tenancy, TenancyError};

/// What other processes write is found within this.
const POLL: Duration = Duration::from_secs(5);
/// The least pause, so that a row that somebody else holds burns no core.
const LEAST: Duration = Duration::from_millis(500);

impl Tenancy {
    /// Starts sending. When the process shuts down, the batch on its way still goes, and no other begins.
    pub fn start(self: &Arc<Self>, tasks: &Tasks, identity: Arc<dyn Identity>) {
        let Some(written) = self.streams.as_ref().map(|streams| Arc::clone(&streams.written)) else { return };
        let (this, shutdown) = (Arc::clone(self), tasks.shutdown());
        let sending = async move {
            loop {
                let pause = match this.send_all(&*identity, &shutdown).await {
                    Ok(pause) => pause,
                    Err(error) => {
                        tracing::error!(%error, "audit logs can't be sent right now");
                        POLL
                    }
                };
                tokio::select! {
                    () = tokio::time::sleep(pause) => {}
                    () = written.notified() => {}
                    () = shutdown.cancelled() => return,
                }
            }
        };
        tasks.spawn("sending of audit logs", Origin::system("audit streams").around(sending));
    }

    /// Sends what is due. Says how long to wait for more.
    async fn send_all(&self, identity: &dyn Identity, shutdown: &CancellationToken) -> Result<Duration, TenancyError> {
        while !shutdown.is_cancelled() {
            let round = self.deliver_audit(identity).await?;
            if round.delivered + round.failed == 0 {
                break;
            }
        }
        let due = self.next_stream_due().await?;
        Ok(due.map_or(POLL, |due| due.since(self.env.now()).clamp(LEAST, POLL)))
    }
}
