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
    /// Answers to questions that mean the same.
    pub semantic_cache: SemanticCache,
    /// What must not leave the house, and what is not answered.
    pub guardrails: Floor,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            allow_unpriced: false,
            cache_mb: 64,
            semantic_cache: SemanticCache::default(),
            guardrails: Floor::default(),
        }
    }
}

/// What an operator may set under `[gateway.semantic_cache]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SemanticCache {
    /// Whether requests may ask for it.
    pub enabled: bool,
    /// The model that makes vectors of questions. Each is an embedding call of the workspace.
    pub model: String,
    /// The cosine of the angle between two questions that count as one: above 0, to 1.
    pub threshold: f32,
    /// Questions whose vectors are remembered by each process. One takes about 6 KB with a
    /// model of 1,536 dimensions.
    pub max_entries: usize,
}

impl Default for SemanticCache {
    fn default() -> Self {
        Self { enabled: false, model: "openai/text-embedding-3-small".to_owned(), threshold: 0.95, max_entries: 2000 }
    }
}

impl SemanticCache {
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.enabled && self.model.trim().is_empty() {
            return Err("gateway.semantic_cache.model: name an embedding model".to_owned());
        }
        if !(self.threshold > 0.0 && self.threshold <= 1.0) {
            return Err("gateway.semantic_cache.threshold: a number above 0, to 1".to_owned());
        }
        Ok(())
    }
}
