//! What operators see of the compatible APIs.
//!
//! A metric is looked up by its labels, which takes longer than counting; so what was looked
//! up is kept.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::Instant,
};

use contracts::providers::{Model, TokenUsage};
use kernel::NanoUsd;
use metrics::{Counter, Histogram};

/// Models whose metrics are kept at hand; there are fewer, unless names are made up.
const MOST: usize = 4096;

/// The metrics of one gateway.
#[derive(Default)]
pub(crate) struct Meters {
    by_model: RwLock<HashMap<String, Arc<OfModel>>>,
}

/// The metrics of a model.
struct OfModel {
    fronts: RwLock<Vec<OfFront>>,
    count_error: Histogram,
    input: Counter,
    output: Counter,
    cost: Counter,
}

/// The metrics of a model at one front.
#[derive(Clone)]
struct OfFront {
    front: &'static str,
    first_token: Histogram,
    answered: Counter,
}

impl Meters {
    fn of(&self, model: &Model) -> Arc<OfModel> {
        if let Some(known) = self.by_model.read().unwrap_or_else(PoisonError::into_inner).get(&model.id) {
            return Arc::clone(known);
        }
        let tokens =
            |kind| metrics::counter!("parlance_gateway_tokens_total", "model" => model.id.clone(), "kind" => kind);
        let new = Arc::new(OfModel {
            fronts: RwLock::default(),
            count_error: metrics::histogram!("parlance_gateway_count_error_ratio", "model" => model.id.clone()),
            input: tokens("input"),
            output: tokens("output"),
            cost: metrics::counter!("parlance_gateway_cost_nano_usd_total", "model" => model.id.clone()),
        });
        let mut by_model = self.by_model.write().unwrap_or_else(PoisonError::into_inner);
        if by_model.len() < MOST {
            by_model.insert(model.id.clone(), Arc::clone(&new));
        }
        new
    }

    fn at(&self, front: &'static str, model: &Model) -> OfFront {
        let of_model = self.of(model);
        let known = |fronts: &[OfFront]| fronts.iter().find(|known| known.front == front).cloned();
        if let Some(known) = known(&of_model.fronts.read().unwrap_or_else(PoisonError::into_inner)) {
            return known;
        }
        let first_token = metrics::histogram!("parlance_gateway_first_token_seconds",
            "front" => front, "model" => model.id.clone());
        let new = OfFront { front, first_token, answered: answered(front, &model.id, 200) };
        of_model.fronts.write().unwrap_or_else(PoisonError::into_inner).push(new.clone());
        new
    }

    /// How far our count of the input was from the provider's, as a share of it.
    #[allow(clippy::cast_precision_loss, reason = "a metric")]
    pub fn counted(&self, model: &Model, ours: u64, theirs: u64) {
        if theirs > 0 {
            self.of(model).count_error.record((ours as f64 - theirs as f64) / theirs as f64);
        }
    }

    #[allow(clippy::cast_sign_loss, reason = "a cost is not negative")]
    pub fn settled(&self, model: &Model, tokens: &TokenUsage, cost: NanoUsd) {
        let of_model = self.of(model);
        of_model.input.increment(tokens.input);
        of_model.output.increment(tokens.output);
        of_model.cost.increment(cost.units().max(0) as u64);
    }

    /// A call was answered.
    pub fn answered(&self, front: &'static str, model: &Model) {
        self.at(front, model).answered.increment(1);
    }
}

fn answered(front: &'static str, model: &str, status: u16) -> Counter {
    metrics::counter!("parlance_gateway_requests_total",
        "front" => front, "model" => model.to_owned(), "status" => status.to_string())
}

/// Measures one call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timer {
    pub front: &'static str,
    started: Instant,
    begun: bool,
}

impl Timer {
    #[allow(clippy::disallowed_methods, reason = "a latency is measured, not decided on")]
    pub fn start(front: &'static str) -> Self {
        Self { front, started: Instant::now(), begun: false }
    }

    /// The first piece of the answer is there.
    pub fn begun(&mut self, meters: &Meters, model: &Model) {
        if !std::mem::replace(&mut self.begun, true) {
            meters.at(self.front, model).first_token.record(self.started.elapsed().as_secs_f64());
        }
    }

    /// The call was refused.
    pub fn refused(&self, status: u16) {
        answered(self.front, "none", status).increment(1);
    }
}
