//! Policies as they are stored and shown, and what was decided.

use contracts::guardrails::{Action, Decision, Floor, Personal};
use garde::Validate;
use kernel::{ApiKeyId, DecisionId, RunId, Timestamp, UsageId, UserId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::rules::pattern;

/// Patterns in one policy: each is looked for in every text.
const MOST_PATTERNS: usize = 20;
const MOST_TERMS: usize = 200;
/// Characters of a blocked term.
const LONGEST_TERM: usize = 80;
/// Names that placeholders of ours have.
const TAKEN: [&str; 3] = ["email", "phone", "card"];

/// What holds for the calls of a workspace, or of one key. What is left out is off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = GuardrailPolicy, example = json!({
    "redact": ["email", "card"],
    "patterns": [{ "name": "cccd", "regex": "\\b[0-9]{12}\\b" }],
    "restore": true,
    "blocked_terms": ["Project Falcon"],
    "injection": "flag",
    "max_input_tokens": 20000,
    "max_output_tokens": null
}))]
pub struct Policy {
    /// Personal data that providers do not see.
    #[garde(length(max = 3))]
    pub redact: Vec<Personal>,
    /// More of it: numbers of identity cards, of staff, of contracts.
    #[garde(length(max = MOST_PATTERNS), custom(distinct), dive)]
    #[schema(max_items = 20)]
    pub patterns: Vec<Pattern>,
    /// Whether the answer shows the data again where the model wrote a placeholder.
    #[garde(skip)]
    pub restore: bool,
    /// Words and phrases that are refused, upper and lower case alike, as whole words.
    #[garde(length(max = MOST_TERMS), inner(custom(term)))]
    #[schema(max_items = 200)]
    pub blocked_terms: Vec<String>,
    /// What happens when a text looks like an attempt to take over the model.
    #[garde(skip)]
    pub injection: Injection,
    /// The most tokens that may go in with one call; null: as many as the model reads.
    #[garde(inner(range(min = 1, max = 10_000_000)))]
    #[schema(required, minimum = 1)]
    pub max_input_tokens: Option<u32>,
    /// The most tokens that one answer may have; null: as many as the model writes.
    #[garde(inner(range(min = 1, max = 10_000_000)))]
    #[schema(required, minimum = 1)]
    pub max_output_tokens: Option<u32>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            redact: Vec::new(),
            patterns: Vec::new(),
            restore: true,
            blocked_terms: Vec::new(),
            injection: Injection::Off,
            max_input_tokens: None,
            max_output_tokens: None,
        }
    }
}

/// Personal data of one's own kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = GuardrailPattern)]
pub struct Pattern {
    /// 1 to 32 letters and underscores; the placeholder is made of it: `[CCCD_1]`.
    #[garde(custom(letters))]
    #[schema(min_length = 1, max_length = 32, example = "cccd")]
    pub name: String,
    /// A regular expression of at most 200 characters, without look-around and back-references,
    /// that matches no empty text ([syntax](https://docs.rs/regex/latest/regex/#syntax)).
    #[garde(custom(regular))]
    #[schema(min_length = 1, max_length = 200, example = "\\b[0-9]{12}\\b")]
    pub regex: String,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = GuardrailInjection)]
pub enum Injection {
    #[default]
    Off,
    /// It is noted, and the call goes on.
    Flag,
    /// The call is refused.
    Block,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "the shape that the validator calls")]
fn letters(name: &str, (): &()) -> garde::Result {
    let fine = name.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    if name.is_empty() || name.len() > 32 || !fine {
        return Err(garde::Error::new("a name has 1 to 32 letters from a to z, or underscores"));
    }
    if TAKEN.iter().any(|taken| taken.eq_ignore_ascii_case(name)) {
        return Err(garde::Error::new(format!("{name} is a kind of its own; choose another name")));
    }
    Ok(())
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "the shape that the validator calls")]
fn regular(regex: &str, (): &()) -> garde::Result {
    pattern(regex).map(drop).map_err(garde::Error::new)
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "the shape that the validator calls")]
fn term(term: &str, (): &()) -> garde::Result {
    if term.trim().is_empty() {
        return Err(garde::Error::new("a term must not be blank"));
    }
    if term.chars().count() > LONGEST_TERM {
        return Err(garde::Error::new(format!("a term has at most {LONGEST_TERM} characters")));
    }
    if term.chars().any(char::is_control) {
        return Err(garde::Error::new("a term has no control characters"));
    }
    Ok(())
}

#[allow(clippy::ptr_arg, clippy::trivially_copy_pass_by_ref, reason = "the shape that the validator calls")]
fn distinct(patterns: &Vec<Pattern>, (): &()) -> garde::Result {
    let mut names: Vec<_> = patterns.iter().map(|pattern| pattern.name.to_ascii_lowercase()).collect();
    names.sort_unstable();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(garde::Error::new(format!("the name {} stands twice", pair[0]))),
        None => Ok(()),
    }
}

impl From<&Floor> for Policy {
    fn from(floor: &Floor) -> Self {
        let pattern = |(name, regex): (&String, &String)| Pattern { name: name.clone(), regex: regex.clone() };
        Self {
            redact: floor.redact.clone(),
            patterns: floor.patterns.iter().map(pattern).collect(),
            restore: floor.restore,
            blocked_terms: floor.blocked_terms.iter().filter(|term| !term.trim().is_empty()).cloned().collect(),
            ..Self::default()
        }
    }
}

impl Policy {
    /// What is wrong with it first, with its field.
    pub(crate) fn first_mistake(&self) -> Option<String> {
        let report = self.validate().err()?;
        report.iter().next().map(|(field, error)| format!("{field}: {error}"))
    }

    /// Without what says nothing: blanks around terms, and repetitions.
    #[must_use]
    pub(crate) fn tidy(mut self) -> Self {
        let mut seen: Vec<Personal> = Vec::new();
        for kind in std::mem::take(&mut self.redact) {
            if !seen.contains(&kind) {
                seen.push(kind);
            }
        }
        self.redact = seen;
        let mut terms: Vec<String> = Vec::with_capacity(self.blocked_terms.len());
        for term in self.blocked_terms {
            let term = term.trim();
            if !terms.iter().any(|known| known.to_lowercase() == term.to_lowercase()) {
                terms.push(term.to_owned());
            }
        }
        self.blocked_terms = terms;
        self
    }

    /// Both at once: of each rule the stricter one.
    #[must_use]
    pub(crate) fn and(&self, other: &Self) -> Self {
        let tighter = |a: Option<u32>, b: Option<u32>| a.into_iter().chain(b).min();
        let mut patterns = self.patterns.clone();
        patterns.extend(other.patterns.iter().filter(|pattern| !self.patterns.contains(pattern)).cloned());
        Self {
            redact: self.redact.iter().chain(&other.redact).copied().collect(),
            patterns,
            restore: self.restore && other.restore,
            blocked_terms: self.blocked_terms.iter().chain(&other.blocked_terms).cloned().collect(),
            injection: self.injection.max(other.injection),
            max_input_tokens: tighter(self.max_input_tokens, other.max_input_tokens),
            max_output_tokens: tighter(self.max_output_tokens, other.max_output_tokens),
        }
        .tidy()
    }

    /// Whether it changes nothing about any call.
    pub(crate) fn is_empty(&self) -> bool {
        let Self { redact, patterns, restore: _, blocked_terms, injection, max_input_tokens, max_output_tokens } = self;
        redact.is_empty()
            && patterns.is_empty()
            && blocked_terms.is_empty()
            && *injection == Injection::Off
            && max_input_tokens.is_none()
            && max_output_tokens.is_none()
    }
}

/// A policy, and what it stands on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Guardrails)]
pub struct PolicyView {
    /// Of the workspace or the key alone.
    pub policy: Policy,
    /// What holds without it: the operator's rules, and for a key also the workspace's.
    pub floor: Policy,
    /// When it was set; null: never, or it was removed.
    #[schema(required)]
    pub updated_at: Option<Timestamp>,
    /// The keys that have a policy of their own; only with the workspace's.
    pub keys: Vec<ApiKeyId>,
}

/// A decision in the record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = GuardrailRecord)]
pub struct Recorded {
    pub id: DecisionId,
    #[schema(example = "email")]
    pub rule: String,
    pub action: Action,
    /// How often it was found in the call.
    pub count: i64,
    /// Who called.
    pub user_id: UserId,
    /// The API key they called with; null: a session.
    #[schema(required)]
    pub key_id: Option<ApiKeyId>,
    /// The answer in the web chat.
    #[schema(required)]
    pub run_id: Option<RunId>,
    /// The entry in the ledger that the call came to, if it came to one.
    #[schema(required)]
    pub usage_id: Option<UsageId>,
    pub occurred_at: Timestamp,
}

/// What would become of a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = GuardrailTrial)]
pub struct Tried {
    /// Why it would be refused; null: it would not.
    #[schema(required)]
    pub blocked: Option<String>,
    /// What a provider would see; null: nothing, as it would be refused.
    #[schema(required, example = "Write to [EMAIL_1].")]
    pub text: Option<String>,
    pub decisions: Vec<Decision>,
    /// Its tokens for the workspace's default model; null: there is none.
    #[schema(required)]
    pub tokens: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stricter_of_two_holds() {
        let a = Policy {
            redact: vec![Personal::Email],
            blocked_terms: vec!["Falcon".into()],
            injection: Injection::Flag,
            max_input_tokens: Some(100),
            ..Policy::default()
        };
        let b = Policy {
            redact: vec![Personal::Card, Personal::Email],
            blocked_terms: vec!["falcon".into(), "Heron".into()],
            restore: false,
            max_input_tokens: Some(200),
            max_output_tokens: Some(10),
            ..Policy::default()
        };
        let both = a.and(&b);
        assert_eq!(both.redact, [Personal::Email, Personal::Card]);
        assert_eq!(both.blocked_terms, ["Falcon", "Heron"]);
        assert!(!both.restore);
        assert_eq!(
            (both.injection, both.max_input_tokens, both.max_output_tokens),
            (Injection::Flag, Some(100), Some(10))
        );
        assert!(Policy::default().and(&Policy::default()).is_empty());
    }

    #[test]
    fn mistakes_name_their_field() {
        let with = |name: &str, regex: &str| Policy {
            patterns: vec![Pattern { name: name.into(), regex: regex.into() }],
            ..Policy::default()
        };
        for (policy, field, word) in [
            (with("id", "[0-9"), "patterns[0].regex", "unclosed"),
            (with("id", r"(?=x)y"), "patterns[0].regex", "look-around"),
            (with("id", r"(x)\1"), "patterns[0].regex", "backreferences"),
            (with("id", "x*"), "patterns[0].regex", "empty"),
            (with("id", &"x".repeat(201)), "patterns[0].regex", "200"),
            (with("id", r"(?:\w{100}){100}"), "patterns[0].regex", "too large"),
            (with("staff no", "x"), "patterns[0].name", "letters"),
            (with("Email", "x"), "patterns[0].name", "kind"),
            (Policy { blocked_terms: vec![" ".into()], ..Policy::default() }, "blocked_terms[0]", "blank"),
            (Policy { max_input_tokens: Some(0), ..Policy::default() }, "max_input_tokens", "lower"),
        ] {
            let mistake = policy.first_mistake().unwrap();
            assert!(mistake.starts_with(field) && mistake.contains(word), "{mistake}");
        }
        let twice =
            Policy { patterns: [with("id", "x").patterns, with("ID", "y").patterns].concat(), ..Policy::default() };
        assert!(twice.first_mistake().unwrap().contains("twice"));
        assert_eq!(with("cccd", r"\b[0-9]{12}\b").first_mistake(), None);
    }
}
