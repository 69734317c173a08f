//! GCRA in Redis: one script, one key a bucket, the server's clock.

use std::{sync::LazyLock, time::Duration};

use redis::{Script, aio::ConnectionManager};

use super::{Decision, Policy};

/// Keeps the theoretical arrival time (microseconds) of the next conforming request.
/// Returns allowed (0 or 1), remaining, and microseconds to wait.
static SCRIPT: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
        local emission = tonumber(ARGV[1])
        local burst = tonumber(ARGV[2])
        local time = redis.call('TIME')
        local now = time[1] * 1000000 + time[2]
        local tolerance = emission * burst
        local arrival = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now)
        local next_arrival = arrival + emission
        local wait = next_arrival - tolerance - now
        if wait > 0 then
          return {0, 0, wait}
        end
        redis.call('SET', KEYS[1], string.format('%.0f', next_arrival), 'PX', math.ceil((next_arrival - now) / 1000) + 1)
        return {1, math.floor((tolerance - (next_arrival - now)) / emission), 0}
        ",
    )
});

/// A Redis answer later than this counts as no answer.
const PATIENCE: Duration = Duration::from_millis(250);

#[derive(Clone)]
pub(super) struct RedisStore(ConnectionManager);

impl RedisStore {
    pub async fn connect(url: &str) -> Result<Self, redis::RedisError> {
        let config = redis::aio::ConnectionManagerConfig::new()
            .set_response_timeout(Some(PATIENCE))
            .set_connection_timeout(Some(Duration::from_secs(2)));
        let client = redis::Client::open(url)?;
        ConnectionManager::new_with_config(client, config).await.map(Self)
    }

    pub async fn check(&self, policy: &Policy, key: &str) -> Result<Decision, redis::RedisError> {
        let emission = policy.period.as_micros() / u128::from(policy.burst.max(1));
        let (allowed, remaining, wait): (u8, u32, u64) = SCRIPT
            .key(format!("parlance:limit:{}:{key}", policy.name))
            .arg(u64::try_from(emission).unwrap_or(u64::MAX))
            .arg(policy.burst)
            .invoke_async(&mut self.0.clone())
            .await?;
        Ok(Decision { policy: *policy, allowed: allowed == 1, remaining, retry_after: Duration::from_micros(wait) })
    }
}
