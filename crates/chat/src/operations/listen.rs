//! What happens to a person's conversations, as it happens.

use bytes::Bytes;
use events::realtime::Heard;
use futures_util::{Stream, StreamExt};

use super::Caller;
use crate::{Chat, ChatEvent};

impl Chat {
    /// Frames of server-sent events for one open tab, until the process shuts down.
    pub fn listen(&self, caller: Caller) -> impl Stream<Item = Bytes> + Send + use<> {
        let engine = self.engine();
        let shutdown = engine.tasks.shutdown();
        engine
            .realtime
            .subscribe(caller.scope.workspace(), caller.user)
            .map(|heard| match heard {
                Heard::Frame(frame) => frame,
                Heard::Missed(_) => ChatEvent::Resync.frame(),
            })
            .take_until(shutdown.cancelled_owned())
    }
}
