//! Work that is brought to its end even if nobody waits for it any more.
//!
//! While somebody waits it runs in their task, at no cost. Dropped half-way, as happens when
//! a client leaves, it moves into a supervised task of its own: what a provider will charge
//! for is read to its end and settled.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use kernel::Tasks;

pub(crate) struct Outliving<T: Send + 'static> {
    tasks: Tasks,
    name: &'static str,
    /// None once it is done.
    work: Option<Pin<Box<dyn Future<Output = T> + Send>>>,
}

impl<T: Send + 'static> Outliving<T> {
    pub fn new(tasks: Tasks, name: &'static str, work: impl Future<Output = T> + Send + 'static) -> Self {
        Self { tasks, name, work: Some(Box::pin(work)) }
    }

    pub fn is_done(&self) -> bool {
        self.work.is_none()
    }
}

impl<T: Send + 'static> Future for Outliving<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        // Taken out while it is polled: work that panicked is not polled again.
        let Some(mut work) = self.work.take() else { return Poll::Pending };
        let polled = work.as_mut().poll(context);
        if polled.is_pending() {
            self.work = Some(work);
        }
        polled
    }
}

impl<T: Send + 'static> Drop for Outliving<T> {
    fn drop(&mut self) {
        let Some(work) = self.work.take() else { return };
        // Without a runtime there is nothing that could go on: the process ends.
        if tokio::runtime::Handle::try_current().is_ok() {
            self.tasks.spawn(self.name, async move { drop(work.await) });
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn goes_on_when_dropped_half_way() {
        let tasks = Tasks::new();
        let (go, gone) = oneshot::channel::<()>();
        let (told, done) = oneshot::channel();
        let mut work = Outliving::new(tasks.clone(), "test", async move {
            gone.await.ok();
            told.send("done").ok();
        });
        assert!(futures_util::poll!(&mut work).is_pending());
        assert!(tasks.is_empty(), "as long as somebody waits there is no task");
        drop(work);
        go.send(()).unwrap();
        assert_eq!(done.await.unwrap(), "done");
    }
}
