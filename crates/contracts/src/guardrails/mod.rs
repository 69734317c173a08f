//! What must not leave the house, and what is not answered.
//!
//! Whoever is about to call a provider asks for the [`Guard`] that holds for the caller, shows
//! it all texts of the call, sends on what comes back, and undoes the placeholders in the
//! answer with the [`Vault`] (whole) or [`restore`] (streamed).

mod restore;
mod vault;

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use database::Tx;
use kernel::{ApiKeyId, RunId, TenantScope, UsageId, UserId};
use serde::{Deserialize, Serialize};

pub use restore::restore;
pub use vault::Vault;

/// What an operator sets for all workspaces under `[gateway.guardrails]`. Policies of
/// workspaces and keys come on top of it and never below.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Floor {
    /// Personal data that providers do not see.
    pub redact: Vec<Personal>,
    /// More of it, by a name of letters and a regular expression.
    pub patterns: BTreeMap<String, String>,
    /// Words and phrases whose requests are refused, upper and lower case alike.
    pub blocked_terms: Vec<String>,
    /// Whether the answer shows the data again.
    pub restore: bool,
}

impl Default for Floor {
    fn default() -> Self {
        Self { redact: Vec::new(), patterns: BTreeMap::new(), blocked_terms: Vec::new(), restore: true }
    }
}

/// Personal data that is known without a pattern of one's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PersonalData)]
pub enum Personal {
    Email,
    Phone,
    /// Payment cards, by their check digit.
    Card,
}

/// What a guardrail did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = GuardrailAction)]
pub enum Action {
    /// Placeholders went to the provider instead.
    Redacted,
    /// It was noted, and the call went on.
    Flagged,
    /// The call was refused.
    Blocked,
    /// The answer may be no longer than that.
    Limited,
}

impl Action {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Redacted => "redacted",
            Self::Flagged => "flagged",
            Self::Blocked => "blocked",
            Self::Limited => "limited",
        }
    }

    /// The action of this name, as stored.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Redacted, Self::Flagged, Self::Blocked, Self::Limited].into_iter().find(|action| action.as_str() == name)
    }
}

/// What one rule did in one call. It never holds the text that it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = GuardrailDecision)]
pub struct Decision {
    /// `email`, `phone`, `card`, `pattern.<name>`, `blocked_term`, `injection.<heuristic>`,
    /// `max_input_tokens` or `max_output_tokens`.
    #[schema(example = "email")]
    pub rule: String,
    pub action: Action,
    /// How often it was found in the call.
    #[schema(example = 2)]
    pub count: u32,
}

/// The rule that bounds what goes in.
pub const MAX_INPUT: &str = "max_input_tokens";
/// The rule that bounds what comes out.
pub const MAX_OUTPUT: &str = "max_output_tokens";

impl Decision {
    pub fn blocked(rule: &str) -> Self {
        Self { rule: rule.to_owned(), action: Action::Blocked, count: 1 }
    }

    /// The answer is shorter than was asked for.
    pub fn limited() -> Self {
        Self { rule: MAX_OUTPUT.to_owned(), action: Action::Limited, count: 1 }
    }
}

/// A text of a call, to be changed in place.
pub struct Text<'a> {
    pub text: &'a mut String,
    /// Whether somebody says it now: only such texts are looked at for prompt injection.
    /// Instructions of the developer, answers and what was judged before are not.
    pub said: bool,
}

/// What became of a call's texts, which hold placeholders now.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Screened {
    pub vault: Arc<Vault>,
    pub decisions: Vec<Decision>,
}

/// A call that is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Blocked {
    /// For the person who asked. Names the rule and not the text.
    pub message: String,
    pub decisions: Vec<Decision>,
}

impl Blocked {
    /// More goes in than may.
    pub fn too_long(tokens: u64, most: u64) -> Self {
        Self {
            message: format!("A guardrail allows {most} tokens of input here, and this has about {tokens}."),
            decisions: vec![Decision::blocked(MAX_INPUT)],
        }
    }
}

/// The rules that hold for one caller.
pub trait Guard: Send + Sync {
    /// Looks at all texts of a call and puts placeholders where a rule says so. `whole`: what
    /// besides them is sent; no placeholder is chosen that stands in it.
    fn screen(&self, texts: &mut [Text<'_>], whole: &str) -> Result<Screened, Blocked>;

    /// Whether [`Guard::screen`] may find anything: if not, texts need not be read.
    fn reads_texts(&self) -> bool;

    /// The most tokens that may go in.
    fn max_input_tokens(&self) -> Option<u64>;

    /// The most tokens that an answer may have.
    fn max_output_tokens(&self) -> Option<u64>;
}

/// The decisions of one call, and what it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDecisions {
    pub user: UserId,
    pub key: Option<ApiKeyId>,
    /// The answer in the web chat; none if it was refused before it began.
    pub run: Option<RunId>,
    /// The entry in the ledger that the call comes to, if it comes to one.
    pub usage: Option<UsageId>,
    pub decisions: Vec<Decision>,
}

#[async_trait]
pub trait Guardrails: Send + Sync {
    /// What holds for a call of this workspace with this key; none: nothing does. `epoch` is the
    /// [`crate::identity::KEYS_EPOCH`] if it was read during this request: then what is in
    /// memory answers, without a query.
    async fn guard(
        &self,
        scope: &TenantScope,
        key: Option<ApiKeyId>,
        epoch: Option<i64>,
    ) -> Result<Option<Arc<dyn Guard>>, database::Error>;

    /// Writes decisions in the caller's transaction.
    async fn record(&self, tx: &mut Tx, scope: &TenantScope, decisions: NewDecisions) -> Result<(), database::Error>;

    /// Writes decisions in a transaction of their own. A failure is logged: it does not change
    /// what was decided.
    async fn note(&self, scope: &TenantScope, decisions: NewDecisions);
}
