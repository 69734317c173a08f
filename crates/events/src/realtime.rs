//! Realtime: what happens to a person's things, told to that person's open tabs.
//!
//! A topic is a workspace and a user in it, so nobody hears of another's. Each tab has a
//! bounded buffer (the channel's); one that falls behind gets [`Heard::Missed`] and should
//! read the state anew.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use kernel::{UserId, WorkspaceId};
use tokio::sync::broadcast;
use tokio_stream::wrappers::{BroadcastStream, errors::BroadcastStreamRecvError};

/// Events that a tab may be behind.
const BUFFER: usize = 64;

type Topic = (WorkspaceId, UserId);

/// What a tab hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// An event, as it goes over the wire.
    Frame(Bytes),
    /// The tab was too slow: this many events are lost to it.
    Missed(u64),
}

/// The open tabs of this process. A clone is another handle.
#[derive(Clone, Default)]
pub struct Realtime(Arc<Mutex<HashMap<Topic, broadcast::Sender<Bytes>>>>);

impl fmt::Debug for Realtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Realtime({} topics)", self.topics().len())
    }
}

impl Realtime {
    pub fn new() -> Self {
        Self::default()
    }

    fn topics(&self) -> MutexGuard<'_, HashMap<Topic, broadcast::Sender<Bytes>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the person's tabs. The frame is only made if one is open.
    pub fn publish(&self, workspace: WorkspaceId, user: UserId, frame: impl FnOnce() -> Bytes) {
        let sender = {
            let mut topics = self.topics();
            match topics.get(&(workspace, user)) {
                None => return,
                Some(sender) if sender.receiver_count() == 0 => {
                    topics.remove(&(workspace, user));
                    return;
                }
                Some(sender) => sender.clone(),
            }
        };
        // An error says that the last tab has just closed.
        let _ = sender.send(frame());
    }

    /// What the person hears from now on.
    pub fn subscribe(&self, workspace: WorkspaceId, user: UserId) -> impl Stream<Item = Heard> + Send + use<> {
        let receiver = {
            let mut topics = self.topics();
            // The last tab leaves its topic behind; take the occasion.
            topics.retain(|_, sender| sender.receiver_count() > 0);
            topics.entry((workspace, user)).or_insert_with(|| broadcast::channel(BUFFER).0).subscribe()
        };
        BroadcastStream::new(receiver).map(|event| match event {
            Ok(frame) => Heard::Frame(frame),
            Err(BroadcastStreamRecvError::Lagged(missed)) => Heard::Missed(missed),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::Id;
    use uuid::Uuid;

    fn ids(number: u128) -> (WorkspaceId, UserId) {
        (Id::from_uuid(Uuid::from_u128(number)), Id::from_uuid(Uuid::from_u128(number)))
    }

    fn frame(text: &'static str) -> Bytes {
        Bytes::from_static(text.as_bytes())
    }

    /// Acceptance 15: realtime is as private as the rows it tells of.
    #[tokio::test]
    async fn nobody_hears_of_another_workspace_or_user() {
        let realtime = Realtime::new();
        let ((a, alice), (b, bob)) = (ids(1), ids(2));
        let mut hears = Box::pin(realtime.subscribe(a, alice));
        realtime.publish(a, bob, || frame("another user"));
        realtime.publish(b, alice, || frame("another workspace"));
        realtime.publish(a, alice, || frame("hers"));
        assert_eq!(hears.next().await, Some(Heard::Frame(frame("hers"))));
    }

    #[tokio::test]
    async fn a_slow_tab_is_told_what_it_missed() {
        let realtime = Realtime::new();
        let (workspace, user) = ids(1);
        let mut slow = Box::pin(realtime.subscribe(workspace, user));
        for _ in 0..BUFFER + 3 {
            realtime.publish(workspace, user, || frame("x"));
        }
        assert_eq!(slow.next().await, Some(Heard::Missed(3)));
        assert_eq!(slow.next().await, Some(Heard::Frame(frame("x"))));
    }

    #[test]
    fn without_a_tab_no_frame_is_made() {
        let realtime = Realtime::new();
        let (workspace, user) = ids(1);
        drop(realtime.subscribe(workspace, user));
        realtime.publish(workspace, user, || unreachable!("nobody listens"));
        assert!(realtime.topics().is_empty());
    }
}
