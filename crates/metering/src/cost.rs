//! What a call costs.

use contracts::providers::{Prices, TokenUsage};
use kernel::{NanoUsd, PicoUsd};

/// The cost of `tokens` at `prices`: each token is charged once, at the price of its own
/// kind; the products are summed exactly and rounded once, half away from zero.
///
/// Where input exceeds the threshold of one or more tiers, the prices of the highest such
/// tier replace the base ones for the whole call; a price that it leaves out is the one of
/// the next lower tier, or the base price. A kind without a price of its own is charged as
/// plain input or output. Should a provider report more cached input than input, or more
/// reasoning than output, those parts are charged as reported and the plain rest is zero.
pub fn cost(prices: &Prices, tokens: &TokenUsage) -> NanoUsd {
    let mut input = prices.input;
    let mut output = prices.output;
    let mut cached_input = prices.cached_input;
    let mut cache_write = prices.cache_write;
    for tier in prices.tiers.iter().filter(|tier| tokens.input > tier.above) {
        input = tier.input.unwrap_or(input);
        output = tier.output.unwrap_or(output);
        cached_input = tier.cached_input.or(cached_input);
        cache_write = tier.cache_write.or(cache_write);
    }
    let plain_input = tokens.input.saturating_sub(tokens.cached_input).saturating_sub(tokens.cache_write);
    PicoUsd::cost([
        (plain_input, input),
        (tokens.cached_input, cached_input.unwrap_or(input)),
        (tokens.cache_write, cache_write.unwrap_or(input)),
        (tokens.output.saturating_sub(tokens.reasoning), output),
        (tokens.reasoning, prices.reasoning.unwrap_or(output)),
    ])
}

#[cfg(test)]
mod tests {
    use contracts::providers::PriceTier;
    use proptest::prelude::*;

    use super::*;

    /// Non-negative rational numbers as decimal digits, least significant first: schoolbook
    /// arithmetic that shares nothing with the code under test.
    mod exact {
        pub fn digits(mut value: u128) -> Vec<u8> {
            let mut digits = Vec::new();
            while value > 0 {
                digits.push((value % 10) as u8);
                value /= 10;
            }
            digits
        }

        pub fn add(a: &[u8], b: &[u8]) -> Vec<u8> {
            let (mut sum, mut carry) = (Vec::new(), 0);
            for place in 0..a.len().max(b.len()) {
                let digit = a.get(place).unwrap_or(&0) + b.get(place).unwrap_or(&0) + carry;
                sum.push(digit % 10);
                carry = digit / 10;
            }
            if carry > 0 {
                sum.push(carry);
            }
            sum
        }

        pub fn multiply(a: &[u8], b: &[u8]) -> Vec<u8> {
            let mut product = Vec::new();
            for (shift, digit) in b.iter().enumerate() {
                let mut row = vec![0; shift];
                for _ in 0..*digit {
                    let mut shifted = vec![0; shift];
                    shifted.extend_from_slice(a);
                    row = add(&row, &shifted);
                }
                product = add(&product, &row);
            }
            product
        }

        /// Thousandths to whole units, half up.
        pub fn round_thousandths(digits: &[u8]) -> i64 {
            let up = digits.get(2).is_some_and(|tenth| *tenth >= 5);
            let whole = digits.iter().skip(3).rev().fold(0_i64, |value, digit| value * 10 + i64::from(*digit));
            whole + i64::from(up)
        }
    }

    /// One token at a time would be the definition; this is it with multiplication.
    fn reference(prices: &Prices, tokens: &TokenUsage) -> i64 {
        let tier = |field: fn(&PriceTier) -> Option<PicoUsd>| {
            prices.tiers.iter().rev().filter(|tier| tokens.input > tier.above).find_map(field)
        };
        let input = tier(|t| t.input).unwrap_or(prices.input);
        let output = tier(|t| t.output).unwrap_or(prices.output);
        let cached = tier(|t| t.cached_input).or(prices.cached_input).unwrap_or(input);
        let write = tier(|t| t.cache_write).or(prices.cache_write).unwrap_or(input);
        let reasoning = prices.reasoning.unwrap_or(output);
        let plain = tokens.input - tokens.cached_input - tokens.cache_write;
        let items = [
            (plain, input),
            (tokens.cached_input, cached),
            (tokens.cache_write, write),
            (tokens.output - tokens.reasoning, output),
            (tokens.reasoning, reasoning),
        ];
        let sum = items.iter().fold(Vec::new(), |sum, (count, price)| {
            let price = exact::digits(u128::try_from(price.units()).unwrap());
            exact::add(&sum, &exact::multiply(&exact::digits(u128::from(*count)), &price))
        });
        exact::round_thousandths(&sum)
    }

    fn pico() -> impl Strategy<Value = PicoUsd> {
        (0..200_000_000_i64).prop_map(PicoUsd::new)
    }

    fn maybe_pico() -> impl Strategy<Value = Option<PicoUsd>> {
        proptest::option::of(pico())
    }

    prop_compose! {
        fn tier()(
            above in 0_u64..2_000_000, input in maybe_pico(), output in maybe_pico(),
            cached_input in maybe_pico(), cache_write in maybe_pico(),
        ) -> PriceTier {
            PriceTier { above, input, output, cached_input, cache_write }
        }
    }

    prop_compose! {
        fn prices()(
            input in pico(), output in pico(), cached_input in maybe_pico(),
            cache_write in maybe_pico(), reasoning in maybe_pico(),
            mut tiers in proptest::collection::vec(tier(), 0..4),
        ) -> Prices {
            tiers.sort_by_key(|tier| tier.above);
            Prices {
                version: "test".into(), input, output, cached_input, cache_write, reasoning, tiers,
            }
        }
    }

    prop_compose! {
        fn tokens()(
            plain in 0_u64..1_000_000, cached_input in 0_u64..1_000_000,
            cache_write in 0_u64..1_000_000, text in 0_u64..1_000_000, reasoning in 0_u64..1_000_000,
        ) -> TokenUsage {
            TokenUsage {
                input: plain + cached_input + cache_write,
                cached_input, cache_write,
                output: text + reasoning,
                reasoning,
            }
        }
    }

    proptest! {
        #[test]
        fn acceptance_22_equals_an_independent_exact_computation(
            prices in prices(), tokens in tokens(),
        ) {
            prop_assert_eq!(cost(&prices, &tokens).units(), reference(&prices, &tokens));
        }

        #[test]
        fn acceptance_22_explicit_zero_stays_zero(prices in prices()) {
            prop_assert_eq!(cost(&prices, &TokenUsage::default()), NanoUsd::ZERO);
        }

        #[test]
        fn survives_any_count(
            prices in prices(), input: u64, cached_input: u64, cache_write: u64, output: u64, reasoning: u64,
        ) {
            let tokens = TokenUsage { input, cached_input, cache_write, output, reasoning };
            prop_assert!(cost(&prices, &tokens) >= NanoUsd::ZERO);
        }
    }

    /// $3 in, $0.30 cached, $3.75 cache write, $15 out a million.
    fn list() -> Prices {
        Prices {
            version: "2026-11-01".into(),
            input: PicoUsd::new(3_000_000),
            output: PicoUsd::new(15_000_000),
            cached_input: Some(PicoUsd::new(300_000)),
            cache_write: Some(PicoUsd::new(3_750_000)),
            reasoning: None,
            tiers: Vec::new(),
        }
    }

    #[test]
    fn acceptance_22_cached_tokens_cost_the_cached_price_and_not_twice() {
        let tokens =
            TokenUsage { input: 1_000_000, cached_input: 600_000, cache_write: 200_000, ..TokenUsage::default() };
        // 0.2 × $3 + 0.6 × $0.30 + 0.2 × $3.75
        assert_eq!(cost(&list(), &tokens).to_string(), "1.53");
        let plain = Prices { cached_input: None, cache_write: None, ..list() };
        assert_eq!(cost(&plain, &tokens).to_string(), "3");
        let free = Prices { cached_input: Some(PicoUsd::ZERO), ..list() };
        assert_eq!(cost(&free, &tokens).to_string(), "1.35");
    }

    #[test]
    fn acceptance_22_reasoning_tokens_are_counted_once() {
        let tokens = TokenUsage { output: 1_000_000, reasoning: 750_000, ..TokenUsage::default() };
        assert_eq!(cost(&list(), &tokens).to_string(), "15");
        let own = Prices { reasoning: Some(PicoUsd::new(4_000_000)), ..list() };
        // 0.25 × $15 + 0.75 × $4
        assert_eq!(cost(&own, &tokens).to_string(), "6.75");
    }

    #[test]
    fn a_tier_begins_above_its_threshold() {
        let tier = |above, input| PriceTier {
            above,
            input: Some(PicoUsd::new(input)),
            output: None,
            cached_input: None,
            cache_write: None,
        };
        let prices = Prices { tiers: vec![tier(200_000, 6_000_000), tier(500_000, 9_000_000)], ..list() };
        let at = |input| cost(&prices, &TokenUsage { input, ..TokenUsage::default() }).to_string();
        assert_eq!(at(200_000), "0.6");
        assert_eq!(at(200_001), "1.200006");
        assert_eq!(at(1_000_000), "9");
    }
}
