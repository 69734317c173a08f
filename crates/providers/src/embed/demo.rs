//! Vectors that need no network: texts that share words are near each other.
//!
//! Each word, and each run of three letters in it, adds to a few places that a hash picks
//! ("feature hashing"); then the vector is brought to length one. The same text gives the
//! same vector on every machine.

use contracts::providers::{Capabilities, Model, Prices};
use kernel::PicoUsd;

/// Numbers of a vector, unless told.
const DIMENSIONS: u32 = 256;
/// The most that may be asked for.
const MOST: u32 = 4096;

/// The model.
pub(crate) fn model() -> Model {
    Model {
        id: "demo/parlance-embedding".to_owned(),
        name: "Parlance Demo Embedding".to_owned(),
        provider: "demo".to_owned(),
        provider_name: "Demo".to_owned(),
        unavailable: None,
        context_window: Some(8192),
        max_output_tokens: None,
        capabilities: Capabilities::default(),
        reasoning_efforts: Vec::new(),
        prices: Some(Prices {
            extra: contracts::providers::ExtraPrices::default(),
            version: "demo".to_owned(),
            input: PicoUsd::new(20_000),
            output: PicoUsd::ZERO,
            cached_input: None,
            cache_write: None,
            reasoning: None,
            tiers: Vec::new(),
        }),
        retires_on: None,
        default: false,
    }
}

/// The vector of a text, of length one.
pub(super) fn embed(text: &str, dimensions: Option<u32>) -> Vec<f32> {
    let length = usize::try_from(dimensions.unwrap_or(DIMENSIONS).min(MOST)).unwrap_or(1).max(1);
    let mut vector = vec![0.0_f32; length];
    let mut add = |feature: &str, weight: f32| {
        let hash = fingerprint(feature);
        let place = usize::try_from(hash % length as u64).unwrap_or(0);
        if let Some(number) = vector.get_mut(place) {
            *number += if hash >> 63 == 0 { weight } else { -weight };
        }
    };
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        let word = word.to_lowercase();
        add(&word, 2.0);
        let letters: Vec<char> = word.chars().collect();
        for run in letters.windows(3) {
            add(&run.iter().collect::<String>(), 0.5);
        }
    }
    let norm = vector.iter().map(|number| number * number).sum::<f32>().sqrt();
    if norm > 0.0 {
        for number in &mut vector {
            *number /= norm;
        }
    } else if let Some(first) = vector.first_mut() {
        *first = 1.0;
    }
    vector
}

/// FNV-1a, mixed so that its low and high bits are both of use.
fn fingerprint(text: &str) -> u64 {
    let hash = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    (hash ^ (hash >> 31)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_have_length_one_and_near_texts_are_near() {
        let likeness =
            |a: &str, b: &str| -> f32 { embed(a, None).iter().zip(embed(b, None)).map(|(x, y)| x * y).sum() };
        let question = "How do suspension bridges work?";
        assert!((likeness(question, question) - 1.0).abs() < 1e-5);
        assert!(likeness(question, "The cables of suspension bridges") > likeness(question, "A recipe for onion soup"));
        for text in ["", "…", "a"] {
            let length: f32 = embed(text, Some(7)).iter().map(|number| number * number).sum();
            assert!((length - 1.0).abs() < 1e-5, "{text}");
        }
        assert_eq!(embed(question, Some(3)).len(), 3);
    }
}
