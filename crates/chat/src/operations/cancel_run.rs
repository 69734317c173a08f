//! Runs: read, follow, stop.

use std::time::Duration;

use kernel::RunId;

use super::Caller;
use crate::{
    Chat,
    engine::Stop,
    error::ChatError,
    model::{ConversationAccess, Run},
    store,
    stream::Position,
};

/// How long to wait for a stopped run's end to be written.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often to look whether another node has stopped its run.
const POLL: Duration = Duration::from_millis(50);

impl Chat {
    pub async fn get_run(&self, caller: Caller, id: RunId) -> Result<Run, ChatError> {
        Ok(self.admit_to_run(caller, id, ConversationAccess::View).await?.0.run)
    }

    /// The run's events after `after`, as frames of server-sent events, to its end.
    pub async fn follow_run(
        &self,
        caller: Caller,
        id: RunId,
        after: Position,
    ) -> Result<crate::engine::Frames, ChatError> {
        let (record, conversation) = self.admit_to_run(caller, id, ConversationAccess::View).await?;
        Ok(self.while_admitted(caller, &conversation, self.engine().follow(record, after)))
    }

    /// Stops a run: the provider's stream is closed, what had arrived is kept and settled.
    /// A run that has ended stays as it is. Returns the run as it is then.
    pub async fn cancel_run(&self, caller: Caller, id: RunId) -> Result<Run, ChatError> {
        let engine = self.engine();
        let (record, _) = self.admit_to_run(caller, id, ConversationAccess::Edit).await?;
        if !record.run.status.is_active() {
            return Ok(record.run);
        }
        if let Some(live) = engine.lives.get(id) {
            live.stop(Stop::Cancelled);
            let _ = tokio::time::timeout(PATIENCE, live.ended()).await;
            return self.get_run(caller, id).await;
        }
        let now = engine.env.now();
        store::runs::request_cancel(&engine.db, &caller.scope, id, now).await?;
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let run = self.get_run(caller, id).await?;
            if !run.status.is_active() || tokio::time::Instant::now() >= deadline {
                return Ok(run);
            }
            tokio::time::sleep(POLL).await;
        }
    }
}
