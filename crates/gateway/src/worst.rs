//! The dearest that a call can become.

use std::sync::Arc;

use contracts::{
    metering::{Asked, worst_case_of},
    providers::Model,
};
use kernel::NanoUsd;
use memchr::memmem;

/// The most output of a model that does not say.
const UNKNOWN_OUTPUT: u64 = 32_768;

/// The most that a call may use of any of the models that may answer it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Worst {
    pub cost: NanoUsd,
    /// Input and output together.
    pub tokens: u64,
}

/// Searches that a request may make which does not say.
const SEARCHES: u64 = 10;

/// What a request asks for that may cost more than text: looked up, not parsed. A word that
/// stands in it for another reason keeps a little more room.
pub(crate) fn asked(body: &[u8]) -> Asked {
    let says = |word: &str| memmem::find(body, word.as_bytes()).is_some();
    Asked {
        service: says("\"service_tier\""),
        hour: says("\"1h\""),
        media: ["_audio\"", "\"audio\"", "image_url", "input_image", "\"image\""].into_iter().any(says),
        searches: if says("web_search") { SEARCHES } else { 0 },
    }
}

/// `output`: the most that was asked for, if it was said. `choices`: answers to the same input.
pub(crate) fn worst(candidates: &[Arc<Model>], input: u64, output: Option<u64>, choices: u64, asked: Asked) -> Worst {
    candidates
        .iter()
        .map(|model| {
            let most = model.max_output_tokens.unwrap_or(UNKNOWN_OUTPUT);
            let output = output.map_or(most, |wanted| wanted.min(most)).saturating_mul(choices.max(1));
            let cost =
                model.prices.as_ref().map_or(NanoUsd::ZERO, |prices| worst_case_of(prices, input, output, asked));
            Worst { cost, tokens: input.saturating_add(output) }
        })
        .fold(Worst { cost: NanoUsd::ZERO, tokens: 0 }, |a, b| Worst {
            cost: a.cost.max(b.cost),
            tokens: a.tokens.max(b.tokens),
        })
}

#[cfg(test)]
mod tests {
    use contracts::providers::{Capabilities, PriceTier, Prices};
    use kernel::PicoUsd;

    use super::*;

    fn model(input: i64, output: i64, most: Option<u64>) -> Arc<Model> {
        Arc::new(Model {
            id: "a/b".into(),
            name: "B".into(),
            provider: "a".into(),
            provider_name: "A".into(),
            unavailable: None,
            context_window: None,
            max_output_tokens: most,
            capabilities: Capabilities::default(),
            reasoning_efforts: Vec::new(),
            prices: Some(Prices {
                extra: contracts::providers::ExtraPrices::default(),
                version: "1".into(),
                input: PicoUsd::new(input),
                output: PicoUsd::new(output),
                cached_input: None,
                cache_write: Some(PicoUsd::new(input * 5 / 4)),
                reasoning: None,
                tiers: vec![PriceTier {
                    above: 1000,
                    input: Some(PicoUsd::new(input * 2)),
                    output: None,
                    cached_input: None,
                    cache_write: None,
                }],
            }),
            retires_on: None,
            default: false,
        })
    }

    #[test]
    fn acceptance_21_the_dearest_candidate_counts() {
        let candidates = [model(1_000_000, 4_000_000, Some(100)), model(2_000_000, 1_000_000, Some(1000))];
        // 100 in at 1.25 and 10 out at 4, or 100 in at 2.5 and 10 out at 1: in micro-dollars.
        let worst = worst(&candidates, 100, Some(10), 1, Asked::default());
        assert_eq!((worst.cost.units(), worst.tokens), (260_000, 110));
    }

    #[test]
    fn acceptance_21_no_maximum_means_the_models_own_and_choices_multiply() {
        let candidates = [model(1_000_000, 4_000_000, Some(100))];
        assert_eq!(worst(&candidates, 0, None, 3, Asked::default()).cost.units(), 300 * 4000);
        assert_eq!(
            worst(&candidates, 0, Some(1_000_000), 1, Asked::default()).tokens,
            100,
            "a model writes no more than it can"
        );
        // Long input has its own price.
        assert_eq!(worst(&candidates, 2000, Some(1), 1, Asked::default()).cost.units(), 2000 * 2000 + 4000);
    }
}
