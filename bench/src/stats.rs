//! Order statistics.

use std::time::Duration;

/// What one stream's first token cost.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// From the request to the first token at the client, less the time that the provider
    /// took between the request's arrival and that token: what everything in between added.
    pub added: Duration,
    /// The way back alone: from the provider's sending to the client's reading.
    pub back: Duration,
}

/// Durations that were measured one by one.
#[derive(Debug, Clone, Default)]
pub struct Samples(Vec<Duration>);

impl Samples {
    pub fn push(&mut self, sample: Duration) {
        self.0.push(sample);
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The smallest sample that at least `percent` of a hundred samples do not exceed
    /// (nearest rank); none without samples.
    pub fn percentile(&self, percent: usize) -> Option<Duration> {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let rank = (sorted.len() * percent).div_ceil(100);
        sorted.get(rank.saturating_sub(1)).copied()
    }
}

impl Extend<Duration> for Samples {
    fn extend<I: IntoIterator<Item = Duration>>(&mut self, samples: I) {
        self.0.extend(samples);
    }
}

impl IntoIterator for Samples {
    type Item = Duration;
    type IntoIter = std::vec::IntoIter<Duration>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_nearest_ranks() {
        let samples = Samples((1..=100).rev().map(Duration::from_millis).collect());
        let percentile = |percent| samples.percentile(percent).unwrap().as_millis();
        assert_eq!((percentile(50), percentile(99), percentile(100)), (50, 99, 100));
        assert_eq!(Samples::default().percentile(50), None);
        let one = Samples(vec![Duration::from_millis(7)]);
        assert_eq!(one.percentile(1), one.percentile(99));
    }
}
