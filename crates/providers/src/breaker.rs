//! Circuit breakers: a provider that keeps failing is left alone for a while.
//!
//! A breaker is *closed* while calls go through. Once, of at least `least_calls` calls in the
//! last `window` seconds, `failure_percent` failed, it *opens*: calls are refused at once, so
//! that a fallback answers without waiting. After `rest` seconds it is *half open*: one call
//! is let through as a probe. If that succeeds the breaker closes, else it opens for twice as
//! long. A probe that nobody waited for counts as none.
//!
//! There is one breaker per account, in this process: what another process sees is its own.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use contracts::providers::{ProviderError, ProviderErrorKind as Kind};
use kernel::Timestamp;
use tokio::time::Instant;

use crate::config::Breaker as Settings;

/// Parts of the window, each forgotten as a whole.
const BUCKETS: usize = 10;
/// The longest rest, however often a probe fails.
const LONGEST: Duration = Duration::from_secs(120);
/// Answers whose time to the first byte is remembered.
const LATENCIES: usize = 64;

#[derive(Debug)]
pub(crate) struct Breaker {
    /// The provider's id, as metrics name it.
    provider: String,
    settings: Settings,
    began: Instant,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    phase: Phase,
    window: [Bucket; BUCKETS],
    /// Probes that failed in a row.
    failed_probes: u32,
    last_error: Option<&'static str>,
    latencies: [u32; LATENCIES],
    answered: usize,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Phase {
    Closed,
    Open {
        until: Instant,
    },
    /// A probe is under way.
    HalfOpen,
}

#[derive(Debug, Clone, Copy, Default)]
struct Bucket {
    /// Which stretch of time it counts.
    number: u64,
    failures: u32,
    successes: u32,
}

/// How a breaker stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Health {
    pub state: &'static str,
    pub failures: u32,
    pub successes: u32,
    /// The code of the last failure: its words may tell of what somebody else asked.
    pub last_error: Option<&'static str>,
    pub opens_until: Option<Timestamp>,
    pub latency_ms_p50: Option<u32>,
}

/// Leave to make one call. Say how it went, or drop it if nobody waited.
pub(crate) struct Permit {
    breaker: Arc<Breaker>,
    probe: bool,
    began: Instant,
}

impl Breaker {
    pub fn new(provider: &str, settings: Settings) -> Arc<Self> {
        Arc::new(Self {
            provider: provider.to_owned(),
            settings,
            began: Instant::now(),
            state: Mutex::new(State {
                phase: Phase::Closed,
                window: [Bucket::default(); BUCKETS],
                failed_probes: 0,
                last_error: None,
                latencies: [0; LATENCIES],
                answered: 0,
            }),
        })
    }

    /// Asks to make a call; an error says how long the provider rests.
    pub fn admit(self: &Arc<Self>, now: Instant) -> Result<Permit, Duration> {
        let mut state = self.state();
        let probe = match state.phase {
            Phase::Closed => false,
            Phase::Open { until } if until > now => return Err(until - now),
            Phase::Open { .. } => {
                self.set(&mut state, Phase::HalfOpen);
                true
            }
            Phase::HalfOpen => return Err(Duration::from_secs(1)),
        };
        Ok(Permit { breaker: Arc::clone(self), probe, began: now })
    }

    /// A stream failed after it had begun.
    pub fn failed_later(&self, error: &ProviderError) {
        self.fail(error, false, Instant::now());
    }

    pub fn health(&self, now: Instant, time: Timestamp) -> Health {
        let state = self.state();
        let (successes, failures) = self.count(&state, now);
        let mut latencies: Vec<u32> = state.latencies.iter().copied().take(state.answered).collect();
        latencies.sort_unstable();
        let (name, opens_until) = match state.phase {
            Phase::Closed => ("closed", None),
            Phase::HalfOpen => ("half_open", None),
            Phase::Open { until } => {
                let left = until.saturating_duration_since(now);
                let micros = i64::try_from(left.as_micros()).unwrap_or(i64::MAX);
                ("open", Some(Timestamp::from_micros(time.micros().saturating_add(micros))))
            }
        };
        Health {
            state: name,
            failures,
            successes,
            last_error: state.last_error,
            opens_until,
            latency_ms_p50: latencies.get(latencies.len() / 2).copied(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number of the stretch of time that it is.
    fn stretch(&self, now: Instant) -> u64 {
        let each = (self.settings.window.max(1) * 1000) / BUCKETS as u64;
        u64::try_from(now.saturating_duration_since(self.began).as_millis()).unwrap_or(u64::MAX) / each.max(1) + 1
    }

    fn bucket<'a>(&self, state: &'a mut State, now: Instant) -> Option<&'a mut Bucket> {
        let number = self.stretch(now);
        let bucket = state.window.get_mut(usize::try_from(number % BUCKETS as u64).unwrap_or(0))?;
        if bucket.number != number {
            *bucket = Bucket { number, ..Bucket::default() };
        }
        Some(bucket)
    }

    /// Successes and failures in the window.
    fn count(&self, state: &State, now: Instant) -> (u32, u32) {
        let now = self.stretch(now);
        let recent = state.window.iter().filter(|bucket| bucket.number + BUCKETS as u64 > now);
        recent.fold((0, 0), |(successes, failures), bucket| (successes + bucket.successes, failures + bucket.failures))
    }

    fn succeed(&self, latency: Duration, probe: bool, now: Instant) {
        let mut state = self.state();
        if let Some(bucket) = self.bucket(&mut state, now) {
            bucket.successes += 1;
        }
        let at = state.answered % LATENCIES;
        if let Some(slot) = state.latencies.get_mut(at) {
            *slot = u32::try_from(latency.as_millis()).unwrap_or(u32::MAX);
        }
        state.answered += 1;
        if probe {
            state.failed_probes = 0;
            state.window = [Bucket::default(); BUCKETS];
            self.set(&mut state, Phase::Closed);
        }
    }

    fn fail(&self, error: &ProviderError, probe: bool, now: Instant) {
        let mut state = self.state();
        if let Some(bucket) = self.bucket(&mut state, now) {
            bucket.failures += 1;
        }
        state.last_error = Some(error.kind.code().as_str());
        let (successes, failures) = self.count(&state, now);
        let calls = successes + failures;
        let too_many = state.phase == Phase::Closed
            && calls >= self.settings.least_calls
            && failures * 100 >= calls * self.settings.failure_percent;
        if !self.settings.enabled || !(probe || too_many) {
            return;
        }
        let doubled = Duration::from_secs(self.settings.rest) * 2_u32.pow(state.failed_probes.min(6));
        let rest = doubled.max(error.retry_after.unwrap_or_default()).min(LONGEST);
        state.failed_probes = (state.failed_probes + 1).min(6);
        tracing::warn!(provider = self.provider, seconds = rest.as_secs(), "a provider rests after failures");
        metrics::counter!("parlance_provider_breaker_opened_total", "provider" => self.provider.clone()).increment(1);
        self.set(&mut state, Phase::Open { until: now + rest });
    }

    fn set(&self, state: &mut State, phase: Phase) {
        state.phase = phase;
        let level = match phase {
            Phase::Closed => 0.0,
            Phase::HalfOpen => 1.0,
            Phase::Open { .. } => 2.0,
        };
        metrics::gauge!("parlance_provider_breaker_state", "provider" => self.provider.clone()).set(level);
    }
}

impl Permit {
    /// The call has got an answer, or an error that is the caller's own.
    pub fn succeeded(mut self, now: Instant) {
        let latency = now.saturating_duration_since(self.began);
        metrics::histogram!("parlance_provider_first_token_seconds", "provider" => self.breaker.provider.clone())
            .record(latency.as_secs_f64());
        let probe = std::mem::take(&mut self.probe);
        self.breaker.succeed(latency, probe, now);
    }

    /// The call failed: that counts if the provider is to blame.
    pub fn failed(mut self, error: &ProviderError, now: Instant) {
        let kind = format!("{:?}", error.kind).to_lowercase();
        metrics::counter!(
            "parlance_provider_failures_total", "provider" => self.breaker.provider.clone(), "kind" => kind
        )
        .increment(1);
        let probe = std::mem::take(&mut self.probe);
        if error.kind.is_transient() {
            self.breaker.fail(error, probe, now);
        } else if probe && !matches!(error.kind, Kind::Auth | Kind::Unavailable) {
            self.breaker.succeed(now.saturating_duration_since(self.began), true, now);
        } else if probe {
            // It answers, but not us: still worth no calls.
            self.breaker.fail(error, true, now);
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if self.probe {
            let mut state = self.breaker.state();
            self.breaker.set(&mut state, Phase::Open { until: self.began });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure() -> ProviderError {
        ProviderError::new(Kind::Failed, "It failed.")
    }

    fn breaker() -> Arc<Breaker> {
        Breaker::new("openai", Settings { least_calls: 4, ..Settings::default() })
    }

    const TIME: Timestamp = Timestamp::from_micros(1_000_000);

    fn after(now: Instant, seconds: u64) -> Instant {
        now + Duration::from_secs(seconds)
    }

    fn fail(breaker: &Arc<Breaker>, times: usize, error: &ProviderError, now: Instant) {
        for _ in 0..times {
            breaker.admit(now).unwrap().failed(error, now);
        }
    }

    #[test]
    fn opens_at_the_rate_and_never_below_the_volume() {
        let (breaker, now) = (breaker(), Instant::now());
        fail(&breaker, 3, &failure(), now);
        assert_eq!(breaker.health(now, TIME).state, "closed", "three calls say nothing");
        fail(&breaker, 1, &failure(), now);
        let health = breaker.health(now, TIME);
        assert_eq!((health.state, health.failures, health.last_error), ("open", 4, Some("provider_failed")));
        assert_eq!(health.opens_until.unwrap().micros(), 11_000_000);
        assert_eq!(breaker.admit(now).err(), Some(Duration::from_secs(10)));
    }

    #[test]
    fn successes_outweigh_and_the_window_forgets() {
        let (breaker, now) = (breaker(), Instant::now());
        for _ in 0..6 {
            breaker.admit(now).unwrap().succeeded(now);
        }
        fail(&breaker, 5, &failure(), now);
        assert_eq!(breaker.health(now, TIME).state, "closed", "5 of 11 is less than half");
        let later = after(now, 31);
        let health = breaker.health(later, TIME);
        assert_eq!((health.successes, health.failures), (0, 0));
        fail(&breaker, 1, &failure(), later);
        assert_eq!(breaker.health(later, TIME).state, "closed");
    }

    #[test]
    fn one_probe_decides_and_failing_ones_rest_longer() {
        let (breaker, now) = (breaker(), Instant::now());
        fail(&breaker, 4, &failure(), now);
        assert!(breaker.admit(after(now, 9)).is_err());
        let now = after(now, 10);
        let probe = breaker.admit(now).unwrap();
        assert_eq!(breaker.health(now, TIME).state, "half_open");
        assert!(breaker.admit(now).is_err(), "one probe at a time");
        probe.failed(&failure(), now);
        assert_eq!(breaker.admit(now).err(), Some(Duration::from_secs(20)));
        let now = after(now, 20);
        drop(breaker.admit(now).unwrap());
        let probe = breaker.admit(now).expect("a probe that nobody waited for counts as none");
        probe.succeeded(now);
        assert_eq!(breaker.health(now, TIME).state, "closed");
        assert!(breaker.admit(now).is_ok() && breaker.admit(now).is_ok());
    }

    #[test]
    fn what_the_caller_did_wrong_counts_for_nothing() {
        let (breaker, now) = (breaker(), Instant::now());
        fail(&breaker, 20, &ProviderError::new(Kind::InvalidRequest, "No."), now);
        assert_eq!(breaker.health(now, TIME).state, "closed");
        let asked = ProviderError { retry_after: Some(Duration::from_secs(60)), ..failure() };
        fail(&breaker, 4, &asked, now);
        assert_eq!(breaker.admit(now).err(), Some(Duration::from_secs(60)), "it said how long");
    }

    #[test]
    fn one_that_is_switched_off_never_opens() {
        let breaker = Breaker::new("openai", Settings { enabled: false, ..Settings::default() });
        fail(&breaker, 100, &failure(), Instant::now());
    }
}
