//! Rate limits by the generic cell rate algorithm (GCRA, ITU-T I.371): in this process, or
//! in Redis for all nodes together.
//!
//! When Redis can't be reached the limit is kept in the process: a limit that fails open
//! would invite the attack it is for, one that fails closed would be an outage.

mod redis_store;

use std::{
    collections::HashMap,
    hash::BuildHasher,
    num::NonZeroU32,
    sync::{Arc, OnceLock, PoisonError, RwLock},
    time::Duration,
};

use axum::{extract::Request, middleware::Next, response::Response};
use governor::{
    Quota, RateLimiter,
    clock::{Clock, DefaultClock},
    middleware::StateInformationMiddleware,
    state::keyed::DefaultKeyedStateStore,
};
use http::{Extensions, HeaderMap, HeaderValue};
use kernel::Code;
use redis_store::RedisStore;

use crate::Problem;

/// `burst` requests at once, and as many again over each `period`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Policy {
    /// Requests of one key are counted apart for each name.
    pub name: &'static str,
    /// At least 1.
    pub burst: u32,
    pub period: Duration,
}

/// What a limit says of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    pub policy: Policy,
    pub allowed: bool,
    /// Requests that would pass right now.
    pub remaining: u32,
    /// If refused: when one would pass.
    pub retry_after: Duration,
}

impl Decision {
    pub fn into_result(self) -> Result<(), Problem> {
        if self.allowed {
            return Ok(());
        }
        Err(Problem::new(Code::RateLimited)
            .detail(format!(
                "At most {} requests in {} seconds. Try again in {} seconds.",
                self.policy.burst,
                self.policy.period.as_secs(),
                self.retry_after.as_secs() + 1,
            ))
            .retry_after(self.retry_after.max(Duration::from_secs(1))))
    }
}

type Keyed = RateLimiter<u64, DefaultKeyedStateStore<u64>, DefaultClock, StateInformationMiddleware>;

/// Keeps count. A clone shares the counts.
#[derive(Clone)]
pub struct Limiter(Arc<Inner>);

struct Inner {
    /// Keys are hashed with a seed of this process, so that memory per key is fixed and
    /// a client can't aim at another's bucket.
    hasher: std::hash::RandomState,
    /// One counter for each policy in use. A name may have many bursts: an API key has its own.
    local: RwLock<HashMap<Policy, Arc<Keyed>>>,
    redis: Option<RedisStore>,
}

impl std::fmt::Debug for Limiter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.redis.is_some() { "Limiter(redis)" } else { "Limiter(in-process)" })
    }
}

impl Default for Limiter {
    fn default() -> Self {
        Self::in_process()
    }
}

impl Limiter {
    pub fn in_process() -> Self {
        Self::with(None)
    }

    /// Shares the counts with every process that uses the same Redis.
    pub async fn redis(url: &str) -> Result<Self, redis::RedisError> {
        Ok(Self::with(Some(RedisStore::connect(url).await?)))
    }

    fn with(redis: Option<RedisStore>) -> Self {
        Self(Arc::new(Inner { hasher: std::hash::RandomState::new(), local: RwLock::default(), redis }))
    }

    /// Counts one request of `key` against the policy.
    pub async fn check(&self, policy: &Policy, key: &str) -> Decision {
        if let Some(redis) = &self.0.redis {
            match redis.check(policy, key).await {
                Ok(decision) => return decision,
                Err(error) => tracing::warn!(%error, "rate limits are kept in this process: Redis failed"),
            }
        }
        self.check_local(policy, key)
    }

    fn check_local(&self, policy: &Policy, key: &str) -> Decision {
        let limiter = self.local(policy);
        match limiter.check_key(&self.0.hasher.hash_one(key)) {
            Ok(state) => Decision {
                policy: *policy,
                allowed: true,
                remaining: state.remaining_burst_capacity(),
                retry_after: Duration::ZERO,
            },
            Err(refused) => Decision {
                policy: *policy,
                allowed: false,
                remaining: 0,
                retry_after: refused.wait_time_from(DefaultClock::default().now()),
            },
        }
    }

    fn local(&self, policy: &Policy) -> Arc<Keyed> {
        if let Some(limiter) = self.0.local.read().unwrap_or_else(PoisonError::into_inner).get(policy) {
            return limiter.clone();
        }
        let burst = NonZeroU32::new(policy.burst).unwrap_or(NonZeroU32::MIN);
        let quota =
            Quota::with_period(policy.period / burst.get()).unwrap_or(Quota::per_second(burst)).allow_burst(burst);
        self.0
            .local
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(*policy)
            .or_insert_with(|| Arc::new(RateLimiter::keyed(quota).with_middleware()))
            .clone()
    }

    /// Forgets keys whose buckets are full again. Call it now and then.
    pub fn forget_idle(&self) {
        for limiter in self.0.local.read().unwrap_or_else(PoisonError::into_inner).values() {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
        // A counter that nobody holds and that counts nobody is no different from a new one.
        let mut local = self.0.local.write().unwrap_or_else(PoisonError::into_inner);
        local.retain(|_, limiter| Arc::strong_count(limiter) > 1 || !limiter.is_empty());
    }
}

/// Where extractors leave the tightest decision for the response's headers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Report(Arc<OnceLock<Decision>>);

/// Lets the response say how much is left.
pub(crate) fn report(extensions: &Extensions, decision: Decision) {
    if let Some(Report(slot)) = extensions.get() {
        // The first report stands: the policy closest to the caller.
        let _ = slot.set(decision);
    }
}

/// A policy over client addresses.
#[derive(Clone)]
pub struct PerIp {
    pub limiter: Limiter,
    pub policy: Policy,
}

/// Middleware that applies a [`PerIp`] policy and sets the `RateLimit` headers
/// (draft-ietf-httpapi-ratelimit-headers).
pub async fn per_ip(
    axum::extract::State(limit): axum::extract::State<PerIp>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    limited(&limit, request, |request| next.run(request)).await
}

/// What [`per_ip`] does around whatever answers.
pub async fn limited<F: Future<Output = Response>>(
    limit: &PerIp,
    request: Request,
    next: impl FnOnce(Request) -> F,
) -> Result<Response, Problem> {
    let (mut parts, body) = request.into_parts();
    let ip = crate::client::ip(&parts);
    let decision = limit.limiter.check(&limit.policy, &network(ip)).await;
    decision.into_result()?;
    let slot = Report::default();
    parts.extensions.insert(slot.clone());
    let mut response = next(Request::from_parts(parts, body)).await;
    set_headers(response.headers_mut(), slot.0.get().copied().unwrap_or(decision));
    Ok(response)
}

/// An IPv4 address, or the /64 of an IPv6 one: whoever has one address of a /64 has all.
pub fn network(ip: std::net::IpAddr) -> String {
    match ip {
        std::net::IpAddr::V4(ip) => ip.to_string(),
        std::net::IpAddr::V6(ip) => {
            let [a, b, c, d, ..] = ip.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

fn set_headers(headers: &mut HeaderMap, decision: Decision) {
    let Decision { policy, remaining, retry_after, .. } = decision;
    let seconds = policy.period.as_secs();
    let values = [
        ("ratelimit-policy", format!("\"{}\";q={};w={seconds}", policy.name, policy.burst)),
        ("ratelimit", format!("\"{}\";r={remaining};t={}", policy.name, retry_after.as_secs())),
    ];
    for (name, value) in values {
        // An inner, tighter limit has spoken already.
        if headers.contains_key(name) {
            continue;
        }
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: Policy = Policy { name: "test", burst: 3, period: Duration::from_secs(3600) };

    #[tokio::test]
    async fn lets_a_burst_pass_and_no_more() {
        let limiter = Limiter::in_process();
        for left in [2, 1, 0] {
            let decision = limiter.check(&POLICY, "a").await;
            assert!(decision.allowed);
            assert_eq!(decision.remaining, left);
        }
        let refused = limiter.check(&POLICY, "a").await;
        assert!(!refused.allowed);
        assert!(refused.retry_after > Duration::from_secs(60) && refused.retry_after <= Duration::from_secs(1200));
        assert!(limiter.check(&POLICY, "b").await.allowed, "keys have buckets of their own");
    }

    #[tokio::test]
    async fn a_policy_of_one_name_has_a_burst_for_each_key() {
        let limiter = Limiter::in_process();
        let narrow = Policy { name: "key", burst: 1, period: Duration::from_secs(3600) };
        let wide = Policy { burst: 2, ..narrow };
        assert!(limiter.check(&narrow, "a").await.allowed);
        assert!(!limiter.check(&narrow, "a").await.allowed);
        assert!(limiter.check(&wide, "b").await.allowed);
        assert!(limiter.check(&wide, "b").await.allowed);
        assert!(!limiter.check(&wide, "b").await.allowed);
    }

    #[tokio::test]
    async fn counters_that_count_nobody_are_forgotten() {
        let limiter = Limiter::in_process();
        let soon_full = Policy { name: "key", burst: 1, period: Duration::from_nanos(1) };
        limiter.check(&soon_full, "a").await;
        limiter.check(&POLICY, "a").await;
        limiter.forget_idle();
        assert_eq!(limiter.0.local.read().unwrap().keys().collect::<Vec<_>>(), [&POLICY]);
        assert!(limiter.check(&POLICY, "a").await.remaining == 1, "what counts goes on");
    }

    #[test]
    fn a_v6_network_is_one_client() {
        assert_eq!(network("2001:db8:1:2::1".parse().unwrap()), network("2001:db8:1:2:ffff::9".parse().unwrap()));
        assert_ne!(network("2001:db8:1:2::1".parse().unwrap()), network("2001:db8:1:3::1".parse().unwrap()));
    }
}
