//! What happens by itself: keys are rotated, and what has ended is deleted.

use std::{sync::Arc, time::Duration};

use crate::{
    Identity, IdentityError,
    config::{DEVICE_REMEMBERED, KEY_REMEMBERED, SESSION_IDLE},
    lockout::MEMORY,
    store::{api_keys, attempts, devices, email_tokens, sessions},
};

const INTERVAL: Duration = Duration::from_secs(3600);

impl Identity {
    /// Starts the hourly maintenance. It stops when the process shuts down.
    pub fn start(self: &Arc<Self>) {
        let identity = self.clone();
        let shutdown = self.tasks.shutdown();
        self.tasks.spawn("identity maintenance", async move {
            let mut interval = tokio::time::interval(INTERVAL);
            loop {
                tokio::select! {
                    () = shutdown.cancelled() => return,
                    _ = interval.tick() => {}
                }
                if let Err(error) = identity.maintain().await {
                    tracing::error!(%error, "identity maintenance failed; it is tried again in an hour");
                }
            }
        });
    }

    /// One round of maintenance.
    pub async fn maintain(&self) -> Result<(), IdentityError> {
        let keys = self.keys.clone();
        tokio::task::spawn_blocking(move || keys.maintain()).await.map_err(crate::password::PasswordError::Join)??;
        let now = self.env.now();
        // Nothing depends on these being deleted together.
        let ended = sessions::delete_ended(&self.db, now).await?;
        let rotated = sessions::delete_rotated(&self.db, now - SESSION_IDLE).await?;
        let attempts = attempts::delete_old(&self.db, now - MEMORY).await?;
        let keys = api_keys::delete_revoked(&self.db, now - KEY_REMEMBERED).await?;
        let links = email_tokens::delete_ended(&self.db, now).await?;
        let devices = devices::delete_unused(&self.db, now - DEVICE_REMEMBERED).await?;
        if ended + rotated + attempts + keys + links + devices > 0 {
            tracing::debug!(ended, rotated, attempts, keys, links, devices, "deleted what has ended or is forgotten");
        }
        Ok(())
    }
}
