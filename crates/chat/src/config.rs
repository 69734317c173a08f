//! What an operator may set.

use std::time::Duration;

/// Limits and habits of the chat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Answers that may be written for one person at once.
    pub max_concurrent_runs: u32,
    /// Output tokens that one run may ask for, whatever the person sets.
    pub max_output_tokens: u64,
    /// Output tokens that one person may use in a day (UTC) of one workspace.
    pub max_output_tokens_per_day: u64,
    /// Silence of a provider after which a run has failed.
    pub idle_timeout: Duration,
    /// The longest that a run may take.
    pub run_timeout: Duration,
    /// How long a process may be silent before others take its runs for interrupted.
    pub lease: Duration,
    pub titles: Titles,
}

/// Who makes the titles of conversations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Titles {
    /// The model that gave the first answer; metered like any use.
    Model,
    /// We, from the first message.
    Derived,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            max_concurrent_runs: 20,
            max_output_tokens: 65_536,
            max_output_tokens_per_day: 10_000_000,
            idle_timeout: Duration::from_mins(5),
            run_timeout: Duration::from_hours(1),
            lease: Duration::from_secs(20),
            titles: Titles::Model,
        }
    }
}
