//! Deletes what is old.

use crate::{
    Notifications, NotificationsError,
    config::{KEPT_FOR, REMEMBERED_FOR},
    store,
};

impl Notifications {
    /// Deletes letters that were looked at long enough, and the memory of those that have gone.
    pub async fn sweep(&self) -> Result<u64, NotificationsError> {
        let now = self.0.env.now();
        Ok(store::delete_old(&self.0.db, now - KEPT_FOR, now - REMEMBERED_FOR).await?)
    }
}
