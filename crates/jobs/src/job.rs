//! What a job is: its type, how it is treated, and what may become of an attempt.

use std::{error::Error, future::Future, time::Duration};

use serde::{Serialize, de::DeserializeOwned};

use crate::Context;

/// Work that is done later. The value is what it needs to know, and is stored as JSON: ids, never secrets.
pub trait Job: Serialize + DeserializeOwned + Send + 'static {
    /// Who does it: the context's handle, given when the kind is registered.
    type Service: Clone + Send + Sync + 'static;

    /// Its name in the database and for operators, `context.what_is_done`. Never changes while jobs of it exist.
    const KIND: &'static str;
    const POLICY: Policy = Policy::DEFAULT;

    /// One attempt. It may be repeated after it has worked, if the process dies before that is written down; what
    /// must not happen twice commits with [`Context::complete_in`].
    fn run(self, service: Self::Service, context: Context) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// How jobs of a kind are treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    pub priority: Priority,
    /// Attempts before it is given up.
    pub attempts: u32,
    /// The pause after the first failure; it doubles with each, up to `longest_pause`.
    pub first_pause: Duration,
    pub longest_pause: Duration,
    /// An attempt that takes longer has failed.
    pub timeout: Duration,
    /// How many run at a time, over all processes; none: as many as there are slots.
    pub at_once: Option<u32>,
    /// How many of one workspace run at a time.
    pub at_once_per_workspace: Option<u32>,
    /// How long one that is done can still be seen. Zero: its row goes at once, which is quickest.
    pub keep: Duration,
}

impl Policy {
    pub const DEFAULT: Self = Self {
        priority: Priority::Normal,
        attempts: 10,
        first_pause: Duration::from_secs(5),
        longest_pause: Duration::from_secs(3600),
        timeout: Duration::from_secs(5 * 60),
        at_once: None,
        at_once_per_workspace: None,
        keep: Duration::ZERO,
    };

    /// The pause after the `attempts`th attempt: doubling, and between a half and the whole of it by `chance`, so that
    /// jobs that failed together don't come back together.
    pub(crate) fn pause(&self, attempts: i64, chance: f64) -> Duration {
        let doublings = u32::try_from(attempts.saturating_sub(1)).unwrap_or(0);
        let whole = self.first_pause.saturating_mul(2_u32.saturating_pow(doublings)).min(self.longest_pause);
        whole.mul_f64(0.5 + chance / 2.0)
    }
}

/// Which of a workspace's waiting jobs goes first. A head start and not a rank: one that has waited for longer than the
/// head start of another goes before it, so none starves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// Somebody waits for it.
    High,
    Normal,
    /// Whenever there is time.
    Low,
}

impl Priority {
    pub(crate) const fn head_start(self) -> Duration {
        match self {
            Self::High => Duration::from_secs(600),
            Self::Normal => Duration::from_secs(300),
            Self::Low => Duration::ZERO,
        }
    }

    pub(crate) const fn digit(self) -> char {
        match self {
            Self::High => '1',
            Self::Normal => '2',
            Self::Low => '3',
        }
    }

    pub(crate) fn from_digit(digit: &str) -> Option<Self> {
        Some(match digit {
            "1" => Self::High,
            "2" => Self::Normal,
            "3" => Self::Low,
            _ => return None,
        })
    }
}

/// Why an attempt did not do the work. Errors become [`Failure::Retry`] by `?`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// It may work later: it is tried again after a pause, as long as attempts are left.
    Retry(String),
    /// It will never work: it becomes a dead letter now.
    Discard(String),
    /// Nothing failed, it is just not the time. Doesn't count as an attempt.
    Snooze(Duration),
}

impl Failure {
    /// It will never work, for this reason.
    pub fn discard(error: impl Error) -> Self {
        Self::Discard(chain(&error))
    }
}

impl<E: Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Retry(chain(&error))
    }
}

/// The message with its causes, each once.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_limit_with_chance() {
        let seconds: Vec<u64> =
            [1, 2, 3, 10, 11, 80].map(|attempts| Policy::DEFAULT.pause(attempts, 1.0).as_secs()).into();
        assert_eq!(seconds, [5, 10, 20, 2560, 3600, 3600]);
        assert_eq!(Policy::DEFAULT.pause(2, 0.0), Duration::from_secs(5));
    }

    #[test]
    fn a_failure_tells_its_causes() {
        let error = std::io::Error::other("the disk is full");
        assert_eq!(Failure::from(error), Failure::Retry("the disk is full".to_owned()));
    }
}
