//! Tokens a minute, per API key: the most is taken before a call, and what was not used is
//! given back after it.
//!
//! A bucket holds a minute's tokens and fills up steadily. Kept in this process: several
//! processes each allow the limit.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use kernel::{ApiKeyId, Env, Timestamp};

const MINUTE: i64 = 60_000_000;
/// Full buckets are forgotten once there are more than this many.
const MANY: usize = 10_000;

#[derive(Clone)]
pub(crate) struct Minutes {
    env: Env,
    buckets: Arc<Mutex<HashMap<ApiKeyId, Bucket>>>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    /// Below zero after a call that used more than was thought.
    tokens: i64,
    limit: i64,
    filled: Timestamp,
}

impl Bucket {
    fn fill(&mut self, limit: i64, now: Timestamp) {
        let micros = now.micros().saturating_sub(self.filled.micros()).clamp(0, MINUTE * 10);
        let more = i64::try_from(i128::from(micros) * i128::from(limit) / i128::from(MINUTE)).unwrap_or(i64::MAX);
        if more > 0 {
            self.tokens = self.tokens.saturating_add(more);
            self.filled = now;
        }
        self.limit = limit;
        self.tokens = self.tokens.min(limit);
    }
}

/// Tokens that were taken for one call. Dropped unsettled, all of them are given back.
#[must_use]
pub(crate) struct Taken {
    from: Option<(Minutes, ApiKeyId)>,
    tokens: i64,
}

impl Minutes {
    pub fn new(env: Env) -> Self {
        Self { env, buckets: Arc::default() }
    }

    /// Takes the tokens, or says how long to wait. A call that could use more than a whole
    /// minute's tokens waits for a full minute.
    pub fn take(&self, key: ApiKeyId, limit: u32, tokens: u64) -> Result<Taken, Duration> {
        let limit = i64::from(limit.max(1));
        let wanted = i64::try_from(tokens).unwrap_or(i64::MAX).min(limit);
        let now = self.env.now();
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() > MANY {
            buckets.retain(|_, bucket| {
                let limit = bucket.limit;
                bucket.fill(limit, now);
                bucket.tokens < limit
            });
        }
        let bucket = buckets.entry(key).or_insert(Bucket { tokens: limit, limit, filled: now });
        bucket.fill(limit, now);
        if bucket.tokens < wanted {
            let micros = i128::from(wanted - bucket.tokens) * i128::from(MINUTE) / i128::from(limit);
            return Err(Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX)));
        }
        bucket.tokens -= wanted;
        Ok(Taken { from: Some((self.clone(), key)), tokens: wanted })
    }

    fn give(&self, key: ApiKeyId, tokens: i64) {
        if let Some(bucket) = self.buckets.lock().unwrap_or_else(PoisonError::into_inner).get_mut(&key) {
            bucket.tokens = bucket.tokens.saturating_add(tokens).min(bucket.limit);
        }
    }
}

impl Taken {
    /// For callers without a limit.
    pub const fn nothing() -> Self {
        Self { from: None, tokens: 0 }
    }

    /// Puts what was used in place of what was taken.
    pub fn settle(mut self, used: u64) {
        if let Some((minutes, key)) = self.from.take() {
            minutes.give(key, self.tokens.saturating_sub(i64::try_from(used).unwrap_or(i64::MAX)));
        }
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        if let Some((minutes, key)) = self.from.take() {
            minutes.give(key, self.tokens);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use kernel::{ManualClock, env::SeededRng};

    use super::*;

    fn minutes() -> (Minutes, Arc<ManualClock>) {
        let clock = Arc::new(ManualClock::at(Timestamp::from_micros(1_767_323_045_000_000)));
        let env = Env::new(clock.clone(), Arc::new(SeededRng::new(1)));
        (Minutes::new(env), clock)
    }

    #[test]
    fn the_most_is_taken_and_the_rest_given_back() {
        let (minutes, clock) = minutes();
        let key = minutes.env.id();
        let taken = minutes.take(key, 600, 500).unwrap();
        assert_eq!(minutes.take(key, 600, 200).err(), Some(Duration::from_secs(10)), "100 are left, 100 are missing");
        taken.settle(100);
        drop(minutes.take(key, 600, 500).unwrap());
        minutes.take(key, 600, 500).unwrap().settle(1100);
        // 600 below zero: a minute brings it to none, another to a minute's.
        assert!(minutes.take(key, 600, 1).is_err());
        clock.advance(Duration::from_secs(61));
        minutes.take(key, 600, 1).unwrap().settle(1);
    }

    #[test]
    fn a_call_of_more_than_a_minute_waits_for_a_full_one() {
        let (minutes, clock) = minutes();
        let key = minutes.env.id();
        minutes.take(key, 600, 5000).unwrap().settle(600);
        assert_eq!(minutes.take(key, 600, 5000).err(), Some(Duration::from_secs(60)));
        clock.advance(Duration::from_secs(60));
        assert!(minutes.take(key, 600, 5000).is_ok());
    }
}
