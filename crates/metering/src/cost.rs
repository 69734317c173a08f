//! What a call costs.

use contracts::providers::{Prices, TokenUsage};
use kernel::{NanoUsd, PicoUsd};

/// The cost of `tokens` at `prices`: each token is charged once, at the price of its own
/// kind; the products are summed exactly and rounded once, half away from zero.
///
/// Where input exceeds the threshold of one or more tiers, the prices of the highest such
/// tier replace the base ones for the whole call; a price that it leaves out is the one of
/// the next lower tier, or the base price. A service that the provider says it has answered
/// with has prices of its own ([`Prices::rates`]). A kind without a price of its own is charged as
/// plain input or output, a cache write of an hour at least as other writes. Should a provider
/// report more cached input than input, or more reasoning than output, those parts are charged as
/// reported and the plain rest is zero.
pub fn cost(prices: &Prices, tokens: &TokenUsage) -> NanoUsd {
    let (extra, own) = (&tokens.extra, &prices.extra);
    let rates = prices.rates(extra.service, tokens.input);
    let parts = [tokens.cached_input, tokens.cache_write, extra.audio_input, extra.image_input];
    let plain_input = parts.into_iter().fold(tokens.input, u64::saturating_sub);
    let parts = [tokens.reasoning, extra.audio_output, extra.image_output];
    let plain_output = parts.into_iter().fold(tokens.output, u64::saturating_sub);
    let write = rates.cache_write.unwrap_or(rates.input);
    let hour = extra.cache_write_1h.min(tokens.cache_write);
    PicoUsd::cost([
        (plain_input, rates.input),
        (tokens.cached_input, rates.cached_input.unwrap_or(rates.input)),
        (tokens.cache_write - hour, write),
        (hour, own.cache_write_1h.unwrap_or(write).max(write)),
        (extra.audio_input, own.audio_input.unwrap_or(rates.input)),
        (extra.image_input, own.image_input.unwrap_or(rates.input)),
        (plain_output, rates.output),
        (tokens.reasoning, prices.reasoning.unwrap_or(rates.output)),
        (extra.audio_output, own.audio_output.unwrap_or(rates.output)),
        (extra.image_output, own.image_output.unwrap_or(rates.output)),
        (extra.searches, own.search.unwrap_or_default()),
    ])
}

#[cfg(test)]
mod tests {
    use contracts::{
        metering::{Asked, worst_case, worst_case_of},
        providers::{ExtraPrices, ExtraUsage, PriceTier, Service, ServicePrices},
    };
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
                extra: ExtraPrices::default(),
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
                extra: ExtraUsage::default(),
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
            let tokens = TokenUsage { input, cached_input, cache_write, output, reasoning, extra: ExtraUsage::default() };
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
            extra: ExtraPrices::default(),
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

    /// With everything that has a price of its own.
    fn all_kinds() -> Prices {
        let pico = |units| Some(PicoUsd::new(units));
        let flex = ServicePrices {
            service: Service::Flex,
            input: pico(1_500_000),
            output: pico(7_500_000),
            ..ServicePrices::default()
        };
        let priority = ServicePrices {
            service: Service::Priority,
            input: pico(6_000_000),
            tiers: vec![PriceTier {
                above: 200_000,
                input: pico(9_000_000),
                output: None,
                cached_input: None,
                cache_write: None,
            }],
            ..ServicePrices::default()
        };
        Prices {
            tiers: vec![PriceTier {
                above: 200_000,
                input: pico(4_000_000),
                output: None,
                cached_input: None,
                cache_write: None,
            }],
            extra: ExtraPrices {
                cache_write_1h: pico(6_000_000),
                audio_input: pico(40_000_000),
                audio_output: pico(80_000_000),
                image_input: pico(8_000_000),
                image_output: pico(30_000_000),
                search: pico(10_000_000_000),
                services: vec![flex, priority],
            },
            ..list()
        }
    }

    #[test]
    fn acceptance_22_each_kind_is_charged_once_at_its_own_price() {
        let of = |tokens: TokenUsage| cost(&all_kinds(), &tokens).to_string();
        let extra = |extra| TokenUsage { input: 100_000, output: 100_000, extra, ..TokenUsage::default() };
        // 0.1 × $3 + 0.1 × $15
        assert_eq!(of(extra(ExtraUsage::default())), "1.8");
        // 0.06 × $3 + 0.04 × $6 for an hour, of 0.04 writes; + 0.1 × $15
        let write =
            TokenUsage { cache_write: 40_000, ..extra(ExtraUsage { cache_write_1h: 40_000, ..ExtraUsage::default() }) };
        assert_eq!(of(write), "1.92");
        // 0.01 × $3.75 of five minutes besides
        assert_eq!(of(TokenUsage { cache_write: 50_000, ..write }), "1.9275");
        assert_eq!(of(extra(ExtraUsage { audio_input: 100_000, ..ExtraUsage::default() })), "5.5");
        assert_eq!(of(extra(ExtraUsage { audio_output: 100_000, ..ExtraUsage::default() })), "8.3");
        assert_eq!(of(extra(ExtraUsage { image_input: 50_000, ..ExtraUsage::default() })), "2.05");
        assert_eq!(of(extra(ExtraUsage { image_output: 50_000, ..ExtraUsage::default() })), "2.55");
        assert_eq!(of(extra(ExtraUsage { searches: 3, ..ExtraUsage::default() })), "1.83");
        // Without a price of their own they are text, and searches are free.
        let plain = Prices { extra: ExtraPrices::default(), ..all_kinds() };
        let odd = ExtraUsage {
            audio_input: 9,
            image_output: 9,
            searches: 9,
            cache_write_1h: 9,
            service: Service::Flex,
            ..ExtraUsage::default()
        };
        assert_eq!(cost(&plain, &extra(odd)).to_string(), "1.8");
    }

    #[test]
    fn acceptance_22_a_service_has_its_own_prices_and_tiers() {
        let of = |service, input| {
            let extra = ExtraUsage { service, ..ExtraUsage::default() };
            cost(&all_kinds(), &TokenUsage { input, extra, ..TokenUsage::default() }).to_string()
        };
        assert_eq!(of(Service::Standard, 100_000), "0.3");
        assert_eq!(of(Service::Flex, 100_000), "0.15");
        assert_eq!(of(Service::Priority, 100_000), "0.6");
        assert_eq!(of(Service::Batch, 100_000), "0.3", "it has no price of its own");
        assert_eq!(of(Service::Standard, 1_000_000), "4");
        assert_eq!(of(Service::Priority, 1_000_000), "9");
        assert_eq!(of(Service::Flex, 1_000_000), "4", "no tiers of its own: the dearer");
    }

    proptest! {
        #[test]
        fn acceptance_20_no_call_costs_more_than_its_worst_case(
            tokens in tokens(), searches in 0_u64..5, hour in 0_u64..1_000_000, audio in 0_u64..1000,
            service in 0..4_usize,
        ) {
            let services = [Service::Standard, Service::Batch, Service::Flex, Service::Priority];
            let extra = ExtraUsage {
                service: services[service], cache_write_1h: hour, searches,
                audio_input: audio.min(tokens.input - tokens.cached_input - tokens.cache_write),
                ..ExtraUsage::default()
            };
            let asked = Asked { service: true, hour: true, media: true, searches };
            let tokens = TokenUsage { extra, ..tokens };
            let worst = worst_case_of(&all_kinds(), tokens.input, tokens.output, asked);
            prop_assert!(cost(&all_kinds(), &tokens) <= worst);
            let plain = TokenUsage { extra: ExtraUsage::default(), ..tokens };
            prop_assert!(cost(&all_kinds(), &plain) <= worst_case(&all_kinds(), tokens.input, tokens.output));
        }
    }
}
