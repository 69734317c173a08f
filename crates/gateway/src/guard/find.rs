//! Finding personal data in a text.

use regex::{Captures, Regex};

use super::{Guardrails, Personal};

const EMAIL: &str = r"[\p{L}0-9._%+-]+@[\p{L}0-9-]+(?:\.[\p{L}0-9-]+)+";
/// With a country code, with a trunk zero, or as North America writes it.
const PHONE: &str = r"(?:\+|\b00)[0-9]{1,3}(?:[ .()/-]{0,2}[0-9]){6,13}\b|\b0[0-9]{1,4}(?:[ .()/-]{0,2}[0-9]){6,9}\b|\([0-9]{3}\) ?[0-9]{3}-[0-9]{4}\b|\b[0-9]{3}-[0-9]{3}-[0-9]{4}\b";
const CARD: &str = r"\b(?:[0-9][ -]?){12,18}[0-9]\b";

pub(super) struct Finder {
    name: String,
    pattern: Regex,
    check: fn(&str) -> bool,
}

/// Cards come before phones: their digits would do for both.
pub(super) fn finders(rules: &Guardrails) -> Result<Vec<Finder>, String> {
    let mut finders = Vec::new();
    for (kind, name, pattern, check) in [
        (Personal::Email, "email", EMAIL, always as fn(&str) -> bool),
        (Personal::Card, "card", CARD, luhn),
        (Personal::Phone, "phone", PHONE, always),
    ] {
        if rules.redact.contains(&kind) {
            finders.push(Finder::new(name, pattern, check)?);
        }
    }
    for (name, pattern) in &rules.patterns {
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_') {
            return Err(format!("gateway.guardrails.patterns.{name}: a name is made of letters"));
        }
        finders.push(Finder::new(name, pattern, always)?);
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
    fn new(name: &str, pattern: &str, check: fn(&str) -> bool) -> Result<Self, String> {
        let pattern = Regex::new(pattern).map_err(|error| format!("gateway.guardrails.patterns.{name}: {error}"))?;
        Ok(Self { name: name.to_owned(), pattern, check })
    }

    pub fn name(&self) -> &str {
        &self.name
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
}
