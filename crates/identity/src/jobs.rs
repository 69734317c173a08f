//! What happens by itself: keys are rotated, by each process; and what has ended is deleted, by the installation's
//! [chores](crate::Identity::clean_up).

use std::{sync::Arc, time::Duration};

use contracts::audit::Origin;

use crate::{
    Identity, IdentityError,
    config::{DEVICE_REMEMBERED, KEY_REMEMBERED, SESSION_IDLE},
    federation::store::attempts as attempts_of_federation,
    lockout::MEMORY,
    store::{api_keys, attempts, challenges, devices, email_tokens, sessions},
};

const INTERVAL: Duration = Duration::from_secs(3600);

impl Identity {
    /// Starts the hourly look at the keys that sign. It stops when the process shuts down.
    pub fn start(self: &Arc<Self>) {
        let identity = self.clone();
        let shutdown = self.tasks.shutdown();
        let maintenance = Origin::system("identity maintenance").around(async move {
            let mut interval = tokio::time::interval(INTERVAL);
            loop {
                tokio::select! {
                    () = shutdown.cancelled() => return,
                    _ = interval.tick() => {}
                }
                if let Err(error) = identity.look_after_keys().await {
                    tracing::error!(%error, "the signing keys can't be looked after; it is tried again in an hour");
                }
            }
        });
        self.tasks.spawn("identity maintenance", maintenance);
    }

    /// Keys and rows: one round of both.
    pub async fn maintain(&self) -> Result<(), IdentityError> {
        self.look_after_keys().await?;
        self.clean_up().await
    }

    async fn look_after_keys(&self) -> Result<(), IdentityError> {
        let keys = self.keys.clone();
        let rotated = tokio::task::spawn_blocking(move || keys.maintain()).await;
        if let Some(kid) = rotated.map_err(crate::password::PasswordError::Join)?? {
            self.record_rotation(&kid).await?;
        }
        Ok(())
    }

    /// Deletes what has ended or is forgotten.
    pub async fn clean_up(&self) -> Result<(), IdentityError> {
        let now = self.env.now();
        // Nothing depends on these being deleted together.
        let ended = sessions::delete_ended(&self.db, now).await?;
        let rotated = sessions::delete_rotated(&self.db, now - SESSION_IDLE).await?;
        let attempts = attempts::delete_old(&self.db, now - MEMORY).await?;
        let keys = api_keys::delete_revoked(&self.db, now - KEY_REMEMBERED).await?;
        let links = email_tokens::delete_ended(&self.db, now).await?;
        let challenges = challenges::delete_ended(&self.db, now).await?;
        let federated = attempts_of_federation::delete_ended(&self.db, now).await?;
        let erased = self.erase_accounts().await?;
        let devices = devices::delete_unused(&self.db, now - DEVICE_REMEMBERED).await?;
        if ended + rotated + attempts + keys + links + challenges + devices + erased + federated > 0 {
            tracing::debug!(
                ended,
                rotated,
                attempts,
                keys,
                links,
                challenges,
                devices,
                erased,
                federated,
                "deleted what has ended or is forgotten"
            );
        }
        Ok(())
    }
}
