//! Which model to preselect, and which to show first.
//!
//! The rule: what the operator set; else, of the first provider with a key, the newest
//! model of the middle price range that calls tools and stays for a while; else what a
//! configured or local server offers; else the demo.

use std::borrow::Borrow;

use contracts::providers::Prices;
use jiff::{ToSpan as _, civil::Date};

use crate::registry::Entry;

/// Input prices that count as the middle, in pico-dollars per token: $0.50 to $3 per million.
const MIDDLE: std::ops::RangeInclusive<i64> = 500_000..=3_000_000;

/// Words in names of models that are for something special, or not for long.
const SPECIAL: &[&str] = &[
    "preview",
    "exp",
    "latest",
    "codex",
    "pro",
    "search",
    "cyber",
    "daybreak",
    "glm",
    "vibe",
    "code",
    "computer",
    "research",
    "rosalind",
    "multi-agent",
    "omni",
    "robotics",
];

/// The id of the model to preselect.
pub(crate) fn default<E: Borrow<Entry>>(entries: &[E], wanted: Option<&str>, day: Date) -> Option<String> {
    let entries = || entries.iter().map(Borrow::<Entry>::borrow);
    let usable = |entry: &&Entry| entry.listed && entry.model.unavailable.is_none();
    if let Some(entry) = entries().find(|entry| Some(entry.model.id.as_str()) == wanted)
        && entry.model.unavailable.is_none()
    {
        return Some(entry.model.id.clone());
    }
    let first = entries().find(usable)?;
    let provider = &first.model.provider;
    let soon = day.checked_add(60.days()).unwrap_or(day);
    entries()
        .filter(usable)
        .filter(|entry| &entry.model.provider == provider)
        .filter(|entry| is_ordinary(entry, soon))
        .max_by_key(|entry| strength(&entry.name, entry.model.prices.as_ref()))
        .or(Some(first))
        .map(|entry| entry.model.id.clone())
}

fn is_ordinary(entry: &Entry, soon: Date) -> bool {
    let model = &entry.model;
    let middle = model.prices.as_ref().is_some_and(|prices| MIDDLE.contains(&prices.input.units()));
    let stays =
        model.retires_on.as_ref().and_then(|date| date.parse::<Date>().ok()).is_none_or(|retires| retires > soon);
    middle && stays && model.capabilities.tools && !SPECIAL.iter().any(|word| entry.name.contains(word))
}

/// How new and how big a model is, to compare those of one provider: the version in its
/// name in hundredths, then the price of its output.
pub(crate) fn strength(name: &str, prices: Option<&Prices>) -> (u32, i64) {
    (version(name), prices.map_or(0, |prices| prices.output.units()))
}

/// The first number of one or two digits in a name, with its fraction: `gpt-5.2` is 520,
/// `claude-sonnet-4-5` is 450. Sizes (`120b`) and dates are no versions.
fn version(name: &str) -> u32 {
    let words: Vec<&str> = name.rsplit('/').next().unwrap_or(name).split(['-', ':', '_']).collect();
    for (index, word) in words.iter().enumerate() {
        let digits = word.trim_start_matches(|c: char| c.is_ascii_alphabetic());
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let whole = whole.strip_suffix('o').unwrap_or(whole);
        if whole.is_empty() || whole.len() > 2 || !whole.bytes().all(|byte| byte.is_ascii_digit()) {
            continue;
        }
        let next = words.get(index + 1).copied().unwrap_or("");
        let fraction = if fraction.is_empty() && next.len() == 1 { next } else { fraction };
        let hundredths: String = fraction.chars().chain("00".chars()).take(2).collect();
        return whole.parse::<u32>().unwrap_or(0) * 100 + hundredths.parse::<u32>().unwrap_or(0);
    }
    0
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn reads_versions_from_names() {
        for (name, expected) in [
            ("gpt-5.2", 520),
            ("gpt-6.1-sol", 610),
            ("gpt-4o-mini", 400),
            ("o3", 300),
            ("claude-sonnet-4-5", 450),
            ("claude-sonnet-4-5-20250929", 450),
            ("claude-opus-5", 500),
            ("gemini-2.5-pro", 250),
            ("openai/gpt-oss-120b", 0),
            ("grok-4.20-0309-reasoning", 420),
            ("qwen3.8-27b", 380),
            ("mistral-large-2512", 0),
            ("mistral-large-4-0", 400),
            ("command-r-plus-08-2024", 800),
        ] {
            assert_eq!(version(name), expected, "{name}");
        }
    }
}
