//! Rings between processes: `LISTEN` and `NOTIFY` on a connection of their own.

use std::{
    future::poll_fn,
    sync::atomic::{AtomicI32, Ordering::Relaxed},
};

use tokio_postgres::AsyncMessage;

use super::Postgres;
use crate::{Error, bell::Sides};

impl Postgres {
    /// Returns when the connection is lost.
    pub async fn attend(&self, channel: &str, sides: &Sides) -> Result<(), Error> {
        let shared = &self.shared;
        let (client, mut connection) =
            shared.config.connect(shared.tls.clone()).await.map_err(|error| shared.translate(&error))?;
        // Our own rings come back to us, and were heard already.
        let own = AtomicI32::new(0);
        let listening = async {
            loop {
                match poll_fn(|context| connection.poll_message(context)).await {
                    Some(Ok(AsyncMessage::Notification(ring))) if ring.process_id() != own.load(Relaxed) => {
                        sides.here.notify_one();
                    }
                    Some(Ok(_)) => {}
                    Some(Err(error)) => return Err(error),
                    None => return Ok(()),
                }
            }
        };
        let ringing = async {
            client.batch_execute(&format!("LISTEN {channel}")).await?;
            own.store(client.query_one("SELECT pg_backend_pid()", &[]).await?.try_get(0)?, Relaxed);
            // It may have rung while nobody listened.
            sides.here.notify_one();
            let ring = format!("NOTIFY {channel}");
            loop {
                sides.elsewhere.notified().await;
                client.batch_execute(&ring).await?;
            }
        };
        let ended = tokio::select! { ended = listening => ended, ended = ringing => ended };
        ended.map_err(|error| shared.translate(&error))
    }
}
