//! What an attempt knows of itself, and how it tells of its progress.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use database::Tx;
use kernel::{JobId, TenantScope, WorkspaceId};
use tokio_util::sync::CancellationToken;

use crate::{
    JobsError, Queue,
    store::{self, Ending},
};

/// One attempt at a job. A clone is another handle to it.
#[derive(Debug, Clone)]
pub struct Context {
    pub(crate) queue: Queue,
    pub(crate) id: JobId,
    pub(crate) claim: i64,
    pub(crate) attempt: i64,
    pub(crate) workspace: Option<WorkspaceId>,
    /// Whether a row is kept of it.
    pub(crate) keeps: bool,
    pub(crate) stop: CancellationToken,
    pub(crate) completed: Arc<AtomicBool>,
}

impl Context {
    pub const fn id(&self) -> JobId {
        self.id
    }

    /// Counted from 1.
    pub const fn attempt(&self) -> i64 {
        self.attempt
    }

    /// Whose job it is; none: the platform's.
    pub fn scope(&self) -> Option<TenantScope> {
        self.workspace.map(TenantScope::assume)
    }

    pub const fn queue(&self) -> &Queue {
        &self.queue
    }

    /// Whether it should come to an end: it was cancelled, or lost to another process. An attempt that doesn't ask ends
    /// at its next `await`.
    pub fn is_stopped(&self) -> bool {
        self.stop.is_cancelled()
    }

    /// Tells people how far it is: a part of 1, and words. [`JobsError::Lost`] if another attempt has the job by now.
    pub async fn progress(&self, part: Option<f64>, note: Option<&str>) -> Result<(), JobsError> {
        let part = part.map(|part| part.clamp(0.0, 1.0));
        if store::progress(&self.queue.db, self.id, self.claim, part, note.map(str::to_owned)).await? {
            Ok(())
        } else {
            self.stop.cancel();
            Err(JobsError::Lost)
        }
    }

    /// Ends the job as done in the transaction of what it did, so that the one never lasts without the other. After
    /// [`JobsError::Lost`] the transaction must be rolled back: another attempt does the work.
    pub async fn complete_in(&self, tx: &mut Tx) -> Result<(), JobsError> {
        let ending = if self.keeps { Ending::Done } else { Ending::Gone };
        let counts = tx.execute_batch(vec![store::ending(self.id, self.claim, ending, self.queue.now())]).await?;
        if counts != [1] {
            return Err(JobsError::Lost);
        }
        let completed = Arc::clone(&self.completed);
        tx.on_commit(move || completed.store(true, Ordering::Release));
        Ok(())
    }
}
