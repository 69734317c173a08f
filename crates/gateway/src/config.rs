//! What an operator may set under `[gateway]`.

use serde::Deserialize;

use contracts::guardrails::Floor;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Whether models without a price may be called; their use is recorded at zero. A spend
    /// cap can't hold what has no price.
    pub allow_unpriced: bool,
    /// Megabytes that answers kept for repetition may take in memory; 0 keeps none.
    pub cache_mb: u64,
    /// What must not leave the house, and what is not answered.
    pub guardrails: Floor,
}

impl Default for Config {
    fn default() -> Self {
        Self { allow_unpriced: false, cache_mb: 64, guardrails: Floor::default() }
    }
}
