//! Plans: what the operator lets workspaces use, and which models they may ask.

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use kernel::{NanoUsd, TenantScope, Timestamp};
use serde::{Deserialize, Serialize};

use crate::metering::BudgetPeriod;

/// What a quota counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum QuotaUnit {
    /// Answers of models: one for each in the chat, and for each that a program asks for.
    /// Titles and vectors are none.
    Messages,
    /// Input and output together.
    Tokens,
    /// US dollars.
    Usd,
}

impl QuotaUnit {
    pub const ALL: [Self; 3] = [Self::Messages, Self::Tokens, Self::Usd];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Messages => "messages",
            Self::Tokens => "tokens",
            Self::Usd => "usd",
        }
    }

    /// The unit of this name, as stored.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|unit| unit.as_str() == name)
    }

    /// An amount for people and for JSON: an exact decimal in dollars, or a whole number.
    /// `amount` is in nano-dollars, tokens or messages.
    pub fn show(self, amount: i64) -> String {
        match self {
            Self::Messages | Self::Tokens => amount.to_string(),
            Self::Usd => NanoUsd::new(amount).to_string(),
        }
    }
}

/// One limit of a plan, over a whole workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    pub unit: QuotaUnit,
    /// A day or a month of UTC.
    pub period: BudgetPeriod,
    /// Messages, tokens or nano-dollars; more than none.
    pub limit: i64,
}

/// What a workspace may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    pub id: String,
    /// For people.
    pub name: String,
    /// At most one for each unit and period.
    pub quotas: Vec<Quota>,
    /// Ids of models that may be asked, `*` standing for any text; none: all.
    pub models: Option<Vec<String>>,
}

impl Plan {
    /// The plan of whoever runs Parlance for themselves.
    pub fn unlimited() -> Self {
        Self { id: "unlimited".to_owned(), name: "Unlimited".to_owned(), quotas: Vec::new(), models: None }
    }

    /// Whether the model of this id (`openai/gpt-5.2`) may be asked.
    pub fn allows(&self, model: &str) -> bool {
        self.models.as_ref().is_none_or(|patterns| patterns.iter().any(|pattern| matches(pattern, model)))
    }

    /// The limit on a unit in a period, if there is one.
    pub fn limit(&self, unit: QuotaUnit, period: BudgetPeriod) -> Option<i64> {
        self.quotas.iter().find(|quota| (quota.unit, quota.period) == (unit, period)).map(|quota| quota.limit)
    }
}

/// Whether `text` is of the form of `pattern`, in which each `*` stands for any text.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(start) else { return false };
    let (middle, end) = rest.rsplit_once('*').unwrap_or(("", rest));
    // The earliest place for each part leaves the most for the others.
    for part in middle.split('*') {
        match text.find(part) {
            Some(at) => text = &text[at + part.len()..],
            None => return false,
        }
    }
    text.ends_with(end)
}

/// A quota that a call would pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuotaReached {
    /// The plan's name, for people.
    pub plan: String,
    pub quota: Quota,
    /// Used in this period, without what other calls have reserved; in the unit of the limit.
    pub used: i64,
    /// When the period ends; none: never.
    pub resets_at: Option<Timestamp>,
    /// How long that is.
    pub wait: Option<Duration>,
}

impl fmt::Display for QuotaReached {
    /// A sentence or two for the person who was refused.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { plan, quota: Quota { unit, period, limit }, used, resets_at, .. } = self;
        let period = match period {
            BudgetPeriod::Day => "a day",
            BudgetPeriod::Month => "a month",
            BudgetPeriod::Total => "in all",
        };
        let (limit, used) = (unit.show(*limit), unit.show(*used));
        match unit {
            QuotaUnit::Messages => write!(f, "The plan \u{201c}{plan}\u{201d} has {limit} messages {period}")?,
            QuotaUnit::Tokens => write!(f, "The plan \u{201c}{plan}\u{201d} has {limit} tokens {period}")?,
            QuotaUnit::Usd => write!(f, "The plan \u{201c}{plan}\u{201d} has ${limit} {period}")?,
        }
        let sign = if *unit == QuotaUnit::Usd { "$" } else { "" };
        write!(f, ", which leaves no room for this: {sign}{used} are used.")?;
        match resets_at {
            Some(at) => write!(f, " It resets at {at}."),
            None => Ok(()),
        }
    }
}

#[async_trait]
pub trait Plans: Send + Sync {
    /// The workspace's plan, as of now, if it leaves out any model. None: all may be asked.
    async fn restricted_to(&self, scope: &TenantScope) -> Result<Option<Arc<Plan>>, database::Error>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, text, expected) in [
            ("openai/gpt-5.2", "openai/gpt-5.2", true),
            ("openai/gpt-5.2", "openai/gpt-5.2-mini", false),
            ("openai/*", "openai/gpt-5.2", true),
            ("openai/*", "azure/gpt-5.2", false),
            ("*", "anything/at-all", true),
            ("*-mini", "openai/gpt-5.2-mini", true),
            ("*-mini", "openai/gpt-5.2-mini-x", false),
            ("*/gpt-*-mini", "openai/gpt-5.2-mini", true),
            ("*/gpt-*-mini", "openai/gpt-mini", false),
            ("ab*ba", "aba", false),
            ("a*b*c", "a-c-b-c", true),
            ("a*b*c", "a-c", false),
            ("", "x", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn a_plan_without_a_list_allows_all() {
        assert!(Plan::unlimited().allows("openai/gpt-5.2"));
        let none = Plan { models: Some(Vec::new()), ..Plan::unlimited() };
        assert!(!none.allows("openai/gpt-5.2"));
    }
}
