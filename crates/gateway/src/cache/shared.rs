//! Answers in Redis, for all processes together.
//!
//! A Redis that is away, slow or full of something else costs hits and never a request: every
//! failure is a miss, is counted, and lets Redis rest for a moment so that requests don't
//! wait for it one after the other.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use kernel::{Timestamp, WorkspaceId};
use redis::{AsyncCommands as _, RedisError, aio::ConnectionManager};

use super::{Key, kept::Kept};

/// An answer later than this counts as none.
const PATIENCE: Duration = Duration::from_millis(250);
/// How long Redis is left alone after a failure, in microseconds.
const REST: i64 = 1_000_000;

/// The answers of all processes that use one Redis. A clone is another handle to them.
#[derive(Clone)]
pub struct SharedAnswers {
    redis: ConnectionManager,
    /// In microseconds since the epoch.
    rests_until: Arc<AtomicI64>,
}

impl SharedAnswers {
    pub async fn connect(url: &str) -> Result<Self, RedisError> {
        let config = redis::aio::ConnectionManagerConfig::new()
            .set_response_timeout(Some(PATIENCE))
            .set_connection_timeout(Some(Duration::from_secs(2)));
        let redis = ConnectionManager::new_with_config(redis::Client::open(url)?, config).await?;
        Ok(Self { redis, rests_until: Arc::default() })
    }

    pub(super) async fn get(&self, workspace: WorkspaceId, key: &Key, now: Timestamp) -> Option<Kept> {
        let bytes: Option<Vec<u8>> = self.ask(now, self.redis.clone().get(name(workspace, key))).await?;
        Kept::decode(bytes?)
    }

    pub(super) async fn put(&self, workspace: WorkspaceId, key: &Key, kept: &Kept, now: Timestamp) {
        let seconds = kept.about.ttl;
        let put = async { self.redis.clone().set_ex(name(workspace, key), kept.encode(), seconds).await };
        let _: Option<()> = self.ask(now, put).await;
    }

    async fn ask<T>(&self, now: Timestamp, asked: impl Future<Output = Result<T, RedisError>>) -> Option<T> {
        if now.micros() < self.rests_until.load(Ordering::Relaxed) {
            return None;
        }
        // The client's own patience does not cover a connection that is being made again.
        let error = match tokio::time::timeout(PATIENCE, asked).await {
            Ok(Ok(answer)) => return Some(answer),
            Ok(Err(error)) => error.to_string(),
            Err(_) => "no answer in time".to_owned(),
        };
        self.rests_until.store(now.micros().saturating_add(REST), Ordering::Relaxed);
        metrics::counter!("parlance_gateway_cache_total", "result" => "error").increment(1);
        tracing::warn!(error, "the shared cache is left out for a moment: Redis failed");
        None
    }
}

/// The workspace stands in the name so that an operator can find what is one's.
fn name(workspace: WorkspaceId, key: &Key) -> String {
    use std::fmt::Write as _;
    let mut name = format!("parlance:answer:{workspace}:");
    for byte in key {
        let _ = write!(name, "{byte:02x}");
    }
    name
}
