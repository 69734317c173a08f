//! What operators see of the compatible APIs.

use std::time::Instant;

use contracts::providers::{Model, TokenUsage};
use kernel::NanoUsd;

/// Measures one call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timer {
    front: &'static str,
    started: Instant,
    begun: bool,
}

impl Timer {
    #[allow(clippy::disallowed_methods, reason = "a latency is measured, not decided on")]
    pub fn start(front: &'static str) -> Self {
        Self { front, started: Instant::now(), begun: false }
    }

    /// The first piece of the answer is there.
    pub fn begun(&mut self, model: &Model) {
        if !std::mem::replace(&mut self.begun, true) {
            metrics::histogram!("parlance_gateway_first_token_seconds", "front" => self.front, "model" => model.id.clone())
                .record(self.started.elapsed().as_secs_f64());
        }
    }

    /// How far our count of the input was from the provider's, as a share of it.
    #[allow(clippy::cast_precision_loss, reason = "a metric")]
    pub fn counted(model: &Model, ours: u64, theirs: u64) {
        if theirs > 0 {
            metrics::histogram!("parlance_gateway_count_error_ratio", "model" => model.id.clone())
                .record((ours as f64 - theirs as f64) / theirs as f64);
        }
    }

    #[allow(clippy::cast_sign_loss, reason = "a cost is not negative")]
    pub fn settled(model: &Model, tokens: &TokenUsage, cost: NanoUsd) {
        for (kind, count) in [("input", tokens.input), ("output", tokens.output)] {
            metrics::counter!("parlance_gateway_tokens_total", "model" => model.id.clone(), "kind" => kind)
                .increment(count);
        }
        metrics::counter!("parlance_gateway_cost_nano_usd_total", "model" => model.id.clone())
            .increment(cost.units().max(0) as u64);
    }

    /// The call was answered, or refused.
    pub fn answered(&self, model: Option<&Model>, status: u16) {
        let model = model.map_or_else(|| "none".to_owned(), |model| model.id.clone());
        metrics::counter!("parlance_gateway_requests_total",
            "front" => self.front, "model" => model, "status" => status.to_string())
        .increment(1);
    }
}
