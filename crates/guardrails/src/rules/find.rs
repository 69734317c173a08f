//! Finding personal data in a text.

use std::sync::LazyLock;

use contracts::guardrails::Personal;
use regex::{Captures, Regex};

use super::pattern;
use crate::model::Policy;

type Shared = LazyLock<Option<Regex>>;

static EMAIL: Shared = LazyLock::new(|| Regex::new(r"[\p{L}0-9._%+-]+@[\p{L}0-9-]+(?:\.[\p{L}0-9-]+)+").ok());
/// With a country code, with a trunk zero, or as North America writes it.
static PHONE: Shared = LazyLock::new(|| {
    Regex::new(r"(?:\+|\b00)[0-9]{1,3}(?:[ .()/-]{0,2}[0-9]){6,13}\b|\b0[0-9]{1,4}(?:[ .()/-]{0,2}[0-9]){6,9}\b|\([0-9]{3}\) ?[0-9]{3}-[0-9]{4}\b|\b[0-9]{3}-[0-9]{3}-[0-9]{4}\b").ok()
});
static CARD: Shared = LazyLock::new(|| Regex::new(r"\b(?:[0-9][ -]?){12,18}[0-9]\b").ok());

pub(super) struct Finder {
    name: String,
    rule: String,
    pattern: Regex,
    check: fn(&str) -> bool,
}

/// Somebody's own patterns come first, as they say exactly what they mean, and then cards
/// before phones: the digits of one would do for the other.
pub(super) fn finders(policy: &Policy) -> Result<Vec<Finder>, String> {
    let mut finders = Vec::new();
    for (kind, name, shared, check) in
        [(Personal::Email, "email", &EMAIL, always as fn(&str) -> bool), (Personal::Card, "card", &CARD, luhn)]
    {
        if policy.redact.contains(&kind) {
            finders.push(Finder::ours(name, shared, check)?);
        }
    }
    for own in &policy.patterns {
        let name = own.name.to_ascii_lowercase();
        let compiled = pattern(&own.regex).map_err(|error| format!("patterns.{name}: {error}"))?;
        finders.push(Finder { rule: format!("pattern.{name}"), name, pattern: compiled, check: always });
    }
    if policy.redact.contains(&Personal::Phone) {
        finders.push(Finder::ours("phone", &PHONE, always)?);
    }
    Ok(finders)
}

const fn always(_: &str) -> bool {
    true
}

/// The check digit of payment cards (ISO/IEC 7812-1, annex B).
fn luhn(text: &str) -> bool {
    let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(10)).collect();
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| if place % 2 == 0 { *digit } else { digit * 2 / 10 + digit * 2 % 10 })
        .sum();
    digits.len() >= 13 && sum.is_multiple_of(10)
}

impl Finder {
    fn ours(name: &str, shared: &Shared, check: fn(&str) -> bool) -> Result<Self, String> {
        let pattern = (**shared).clone().ok_or_else(|| format!("{name}: its pattern can't be compiled"))?;
        Ok(Self { name: name.to_owned(), rule: name.to_owned(), pattern, check })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it is called in decisions.
    pub fn rule(&self) -> &str {
        &self.rule
    }

    /// The text with all that was found replaced; none if nothing was.
    pub fn replace(&self, text: &str, mut by: impl FnMut(&str) -> String) -> Option<String> {
        if !self.pattern.is_match(text) {
            return None;
        }
        let replaced = self.pattern.replace_all(text, |found: &Captures<'_>| {
            let found = found.get(0).map_or("", |found| found.as_str());
            if found.is_empty() || !(self.check)(found) { found.to_owned() } else { by(found) }
        });
        Some(replaced.into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards_have_their_check_digit() {
        for card in ["4111111111111111", "5500-0000-0000-0004", "3400 0000 0000 009"] {
            assert!(luhn(card), "{card}");
        }
        for other in ["4111111111111112", "0000", "1234 5678 9012 3456"] {
            assert!(!luhn(other), "{other}");
        }
    }

    #[test]
    fn what_is_found_without_a_pattern_of_ones_own() {
        let policy = Policy { redact: vec![Personal::Email, Personal::Phone, Personal::Card], ..Policy::default() };
        let finders = finders(&policy).unwrap();
        let found = |text: &str| -> Vec<String> {
            let mut found = Vec::new();
            for finder in &finders {
                finder.replace(text, |_| {
                    found.push(finder.rule().to_owned());
                    String::new()
                });
            }
            found
        };
        for (text, rule) in [
            ("ann.lee+x@mail.example.co.uk", "email"),
            ("Số của tôi là 0912 345 678.", "phone"),
            ("+84912345678", "phone"),
            ("(028) 3823-0000", "phone"),
            ("0028 4111 1111", "phone"),
            ("212-555-0199", "phone"),
            ("4111-1111-1111-1111", "card"),
        ] {
            assert!(found(text).contains(&rule.to_owned()), "{text}: {:?}", found(text));
        }
        for text in ["version 1.2.3", "@everyone", "in 2026", "12:30", "1,234,567 people", "a@b"] {
            assert_eq!(found(text), Vec::<String>::new(), "{text}");
        }
    }
}
