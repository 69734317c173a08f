//! What was done, how often and how quickly: for operators.
//!
//! Counted in memory and added to the minute's rows now and then, so a process that is killed takes some seconds of it
//! along. Times go into buckets that are a fifth apart, and percentiles are the upper ends of these.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use kernel::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    JobsError,
    store::views::{self, StatRow},
    workers::{Finished, Inner},
};

/// Buckets per doubling.
const PARTS: f64 = 4.0;

/// Minute, kind, measure, bucket.
pub(crate) type Key = (i64, String, &'static str, i64);

#[derive(Default)]
pub(crate) struct Stats(Mutex<HashMap<Key, i64>>);

fn bucket(time: Duration) -> i64 {
    #[allow(clippy::cast_possible_truncation, reason = "a small number")]
    let bucket = (time.as_secs_f64().mul_add(1e6, 1.0).log2() * PARTS).ceil() as i64;
    bucket
}

/// The upper end of a bucket, in milliseconds.
fn end_of(bucket: i64) -> f64 {
    #[allow(clippy::cast_precision_loss, reason = "a small number")]
    let micros = (bucket as f64 / PARTS).exp2() - 1.0;
    (micros / 10.0).round() / 100.0
}

impl Stats {
    pub fn note(&self, finished: &[Finished], now: Timestamp) {
        let minute = now.seconds().div_euclid(60);
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for it in finished {
            let kind = it.kind.clone();
            metrics::counter!("parlance_jobs_total", "kind" => kind.clone(), "outcome" => it.outcome).increment(1);
            if it.outcome == "returned" {
                continue;
            }
            metrics::histogram!("parlance_job_wait_seconds", "kind" => kind.clone()).record(it.waited.as_secs_f64());
            metrics::histogram!("parlance_job_run_seconds", "kind" => kind.clone()).record(it.ran.as_secs_f64());
            *counts.entry((minute, kind.clone(), it.outcome, 0)).or_default() += 1;
            *counts.entry((minute, kind.clone(), "wait", bucket(it.waited))).or_default() += 1;
            *counts.entry((minute, kind, "run", bucket(it.ran))).or_default() += 1;
        }
    }

    fn take(&self) -> HashMap<Key, i64> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Inner {
    /// Adds what was counted to the rows that all processes share.
    pub async fn flush_stats(&self) -> Result<(), JobsError> {
        let counts = self.stats.take();
        if !counts.is_empty() {
            views::add_stats(&self.queue.db, counts).await?;
        }
        Ok(())
    }
}

/// Times that so many of a hundred jobs did not exceed, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, ToSchema)]
pub struct Percentiles {
    pub p50: f64,
    pub p95: f64,
    pub p99: f64,
}

/// How jobs of a kind went lately.
#[derive(Debug, Clone, PartialEq, Default, Serialize, ToSchema)]
pub struct KindStats {
    #[schema(example = "chat.clean_up")]
    pub kind: String,
    pub done: i64,
    /// Attempts that failed and were to be repeated.
    pub failed: i64,
    pub dead: i64,
    /// From being due to being begun.
    pub wait_ms: Percentiles,
    /// From being begun to the end of the attempt.
    pub run_ms: Percentiles,
}

fn percentiles(buckets: &BTreeMap<i64, i64>) -> Percentiles {
    let total: i64 = buckets.values().sum();
    let at = |percent: i64| {
        let mut below = 0;
        let found = buckets.iter().find(|(_, count)| {
            below += **count;
            below * 100 >= total * percent
        });
        found.map_or(0.0, |(bucket, _)| end_of(*bucket))
    };
    Percentiles { p50: at(50), p95: at(95), p99: at(99) }
}

/// How many by bucket.
type Buckets = BTreeMap<i64, i64>;

/// Sums rows up by kind.
pub(crate) fn sum_up(rows: Vec<StatRow>) -> Vec<KindStats> {
    let mut kinds: BTreeMap<String, (KindStats, Buckets, Buckets)> = BTreeMap::new();
    for StatRow { kind, measure, bucket, count } in rows {
        let (stats, wait, run) = kinds.entry(kind).or_default();
        match measure.as_str() {
            "done" => stats.done += count,
            "failed" => stats.failed += count,
            "dead" => stats.dead += count,
            "wait" => *wait.entry(bucket).or_default() += count,
            "run" => *run.entry(bucket).or_default() += count,
            _ => {}
        }
    }
    let view = |(kind, (stats, wait, run))| KindStats {
        kind,
        wait_ms: percentiles(&wait),
        run_ms: percentiles(&run),
        ..stats
    };
    kinds.into_iter().map(view).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_a_fifth_off_at_the_most() {
        let buckets: BTreeMap<i64, i64> = (1..=100_u64).map(|ms| (bucket(Duration::from_millis(ms)), 1)).fold(
            BTreeMap::new(),
            |mut all, (at, count)| {
                *all.entry(at).or_default() += count;
                all
            },
        );
        let found = percentiles(&buckets);
        for (found, exact) in [(found.p50, 50.0), (found.p95, 95.0), (found.p99, 99.0)] {
            assert!(found >= exact && found < exact * 1.2, "{found} for {exact}");
        }
    }
}
