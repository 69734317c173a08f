//! Guardrails: what must not leave the house, and what is not answered.
//!
//! Personal data in a request is replaced by placeholders (`[EMAIL_1]`) before any provider
//! sees it, and stands in the answer again, streamed or whole. A request with a blocked term
//! is refused. Where nothing is found the request passes on byte for byte.
//!
//! Deliberately absent: judging an answer's content, and understanding a text.

mod find;
mod restore;

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use regex::Regex;
use serde::Deserialize;
use serde_json::Value;

use crate::refusal::{Reason, Refusal};

pub(crate) use restore::{chunks, events, whole};

/// What an operator may set under `[gateway.guardrails]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Guardrails {
    /// Personal data that providers do not see.
    pub redact: Vec<Personal>,
    /// More of it, by a name of letters and a regular expression.
    pub patterns: BTreeMap<String, String>,
    /// Words and phrases whose requests are refused, upper and lower case alike.
    pub blocked_terms: Vec<String>,
    /// Whether the answer shows the data again.
    pub restore: bool,
}

impl Default for Guardrails {
    fn default() -> Self {
        Self { redact: Vec::new(), patterns: BTreeMap::new(), blocked_terms: Vec::new(), restore: true }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Personal {
    Email,
    Phone,
    /// Payment cards, by their check digit.
    Card,
}

/// The rules, compiled.
pub(crate) struct Guard {
    finders: Vec<find::Finder>,
    blocked: Option<Regex>,
    restore: bool,
}

/// What was taken out of one request: placeholders and what they stand for.
#[derive(Debug, Default)]
pub(crate) struct Vault {
    pairs: Vec<(String, String)>,
}

/// Fields whose texts are no prose.
const OTHER: &[&str] = &[
    "type",
    "role",
    "id",
    "call_id",
    "tool_call_id",
    "tool_use_id",
    "media_type",
    "data",
    "url",
    "image_url",
    "file_id",
    "detail",
];
/// Fields of a request that hold prose.
const PROSE: &[&str] = &["messages", "system", "input", "instructions"];

impl Guard {
    pub fn new(rules: &Guardrails) -> Result<Self, String> {
        let blocked: Vec<String> = rules
            .blocked_terms
            .iter()
            .filter(|term| !term.trim().is_empty())
            .map(|term| regex::escape(term.trim()))
            .collect();
        let blocked = (!blocked.is_empty())
            .then(|| Regex::new(&format!(r"(?i)(?:^|\W)(?:{})(?:\W|$)", blocked.join("|"))))
            .transpose()
            .map_err(|error| format!("gateway.guardrails.blocked_terms: {error}"))?;
        Ok(Self { finders: find::finders(rules)?, blocked, restore: rules.restore })
    }

    /// The request as a provider may see it.
    pub fn apply(&self, body: &Bytes) -> Result<(Bytes, Arc<Vault>), Refusal> {
        let unchanged = || Ok((body.clone(), Arc::default()));
        if self.finders.is_empty() && self.blocked.is_none() {
            return unchanged();
        }
        // What is no JSON is refused elsewhere.
        let Ok(Value::Object(mut request)) = serde_json::from_slice::<Value>(body) else { return unchanged() };
        let text = String::from_utf8_lossy(body);
        let mut vault = Taking { vault: Vault::default(), kept: self.restore, request: &text, taken: 0 };
        for field in PROSE {
            if let Some(value) = request.get_mut(*field) {
                self.walk(value, &mut vault)?;
            }
        }
        if vault.taken == 0 {
            return unchanged();
        }
        let vault = Arc::new(vault.vault);
        Ok((Value::Object(request).to_string().into(), vault))
    }

    fn walk(&self, value: &mut Value, vault: &mut Taking<'_>) -> Result<(), Refusal> {
        match value {
            Value::String(text) => self.prose(text, vault),
            Value::Array(list) => list.iter_mut().try_for_each(|value| self.walk(value, vault)),
            Value::Object(map) => {
                let prose = map.iter_mut().filter(|(name, _)| !OTHER.contains(&name.as_str()));
                prose.map(|(_, value)| value).try_for_each(|value| self.walk(value, vault))
            }
            _ => Ok(()),
        }
    }

    fn prose(&self, text: &mut String, vault: &mut Taking<'_>) -> Result<(), Refusal> {
        if self.blocked.as_ref().is_some_and(|blocked| blocked.is_match(text)) {
            metrics::counter!("parlance_gateway_guardrails_total", "rule" => "blocked_term").increment(1);
            return Err(Refusal::new(Reason::Blocked, "The request holds a term that is blocked here."));
        }
        for finder in &self.finders {
            if let Some(replaced) = finder.replace(text, |found| vault.take(finder.name(), found)) {
                *text = replaced;
            }
        }
        Ok(())
    }
}

/// A vault that is being filled.
struct Taking<'a> {
    vault: Vault,
    kept: bool,
    /// The whole request: a placeholder must not stand in it already.
    request: &'a str,
    taken: usize,
}

impl Taking<'_> {
    /// The placeholder for what was found.
    fn take(&mut self, kind: &str, found: &str) -> String {
        self.taken += 1;
        metrics::counter!("parlance_gateway_guardrails_total", "rule" => kind.to_owned()).increment(1);
        if let Some((placeholder, _)) = self.vault.pairs.iter().find(|(_, original)| original == found) {
            return placeholder.clone();
        }
        let mut number = 1;
        let placeholder = loop {
            let placeholder = format!("[{}_{number}]", kind.to_uppercase());
            let known = self.vault.pairs.iter().any(|(known, _)| *known == placeholder);
            if !known && !self.request.contains(&placeholder) {
                break placeholder;
            }
            number += 1;
        };
        // What would need escaping inside of JSON inside of JSON stays hidden.
        let plain = !found.contains(['"', '\\']) && !found.chars().any(char::is_control);
        let original = if self.kept && plain { found.to_owned() } else { placeholder.clone() };
        self.vault.pairs.push((placeholder.clone(), original));
        placeholder
    }
}

impl Vault {
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// The text with all placeholders undone.
    fn undo(&self, text: &str) -> String {
        self.pairs.iter().fold(text.to_owned(), |text, (placeholder, original)| text.replace(placeholder, original))
    }

    /// How many bytes at the end may be the beginning of a placeholder.
    fn unsure(&self, text: &str) -> usize {
        let Some(at) = text.rfind('[') else { return 0 };
        let tail = text.get(at..).unwrap_or_default();
        let begins =
            self.pairs.iter().any(|(placeholder, _)| placeholder.len() > tail.len() && placeholder.starts_with(tail));
        if begins { tail.len() } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn guard(rules: Value) -> Guard {
        Guard::new(&serde_json::from_value(rules).unwrap()).ok().unwrap()
    }

    fn applied(rules: Value, text: &str) -> (String, Arc<Vault>) {
        let body = json!({ "model": "m", "messages": [{ "role": "user", "content": text }] }).to_string().into();
        let (body, vault) = guard(rules).apply(&body).ok().unwrap();
        let value: Value = serde_json::from_slice(&body).unwrap();
        (value["messages"][0]["content"].as_str().unwrap().to_owned(), vault)
    }

    #[test]
    fn personal_data_is_replaced_and_comes_back() {
        let rules = json!({ "redact": ["email", "phone", "card"], "patterns": { "staff": "S-[0-9]{4}" } });
        let text = "Write to ann@example.com or bob@example.org, call +84 28 3823 0000, pay with 4111 1111 1111 1111, ask S-1234. \
                    Again: ann@example.com. Order 4111 1111 1111 1112 is no card.";
        let (seen, vault) = applied(rules, text);
        assert_eq!(
            seen,
            "Write to [EMAIL_1] or [EMAIL_2], call [PHONE_1], pay with [CARD_1], ask [STAFF_1]. Again: [EMAIL_1]. \
             Order 4111 1111 1111 1112 is no card."
        );
        assert_eq!(vault.undo(&seen), text);
    }

    #[test]
    fn a_placeholder_of_the_callers_own_is_left_alone() {
        let (seen, vault) = applied(json!({ "redact": ["email"] }), "[EMAIL_1] is not ann@example.com");
        assert_eq!(seen, "[EMAIL_1] is not [EMAIL_2]");
        assert_eq!(vault.undo("[EMAIL_1] [EMAIL_2]"), "[EMAIL_1] ann@example.com");
    }

    #[test]
    fn blocked_terms_are_whole_words_in_any_case() {
        let guard = guard(json!({ "blocked_terms": ["Project Falcon"] }));
        let body = |text: &str| json!({ "input": text }).to_string().into();
        assert_eq!(guard.apply(&body("tell me of project falcon!")).unwrap_err().reason, Reason::Blocked);
        assert!(guard.apply(&body("project falconry")).is_ok());
    }

    #[test]
    fn nothing_found_changes_no_byte() {
        let body: Bytes = r#"{ "messages" : [ {"content":"hi"} ] }"#.into();
        let guard = guard(json!({ "redact": ["email"] }));
        assert_eq!(guard.apply(&body).unwrap().0, body);
    }
}
