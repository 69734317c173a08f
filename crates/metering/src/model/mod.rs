//! Entries as they are stored, and reports as the API shows them.

mod amount;
pub mod budget;
pub mod quota;

pub(crate) use amount::Amount;

use contracts::metering::{MeteringError, NewUsage, UsageEntry};
use contracts::providers::TokenUsage;
use database::Error;
use jiff::civil::Date;
use kernel::{ApiKeyId, ConversationId, NanoUsd, RunId, Timestamp, UsageId, UserId};
use serde::{Deserialize, Serialize};

use crate::{ReportError, cost};

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// One row of the ledger, without its workspace and the time it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub id: UsageId,
    pub user: UserId,
    pub conversation: Option<ConversationId>,
    pub run: Option<RunId>,
    pub key: Option<ApiKeyId>,
    pub model: String,
    pub messages: i64,
    pub input_tokens: i64,
    pub cached_input_tokens: i64,
    pub cache_write_tokens: i64,
    pub output_tokens: i64,
    pub reasoning_tokens: i64,
    /// What of it had prices of its own, as JSON; none: nothing.
    pub extra: Option<String>,
    pub estimated: bool,
    pub price_version: Option<String>,
    pub cost: NanoUsd,
    pub occurred_at: Timestamp,
}

database::from_row!(Entry {
    id,
    user,
    conversation,
    run,
    key,
    model,
    messages,
    input_tokens,
    cached_input_tokens,
    cache_write_tokens,
    output_tokens,
    reasoning_tokens,
    extra,
    estimated,
    price_version,
    cost,
    occurred_at
});

impl Entry {
    /// The day that the entry belongs to, in days since 1970-01-01 UTC.
    pub fn day(&self) -> i64 {
        day_of(self.occurred_at)
    }
}

impl TryFrom<NewUsage> for Entry {
    type Error = MeteringError;

    /// Prices the use. Unpriced use costs nothing and has no price version.
    fn try_from(usage: NewUsage) -> Result<Self, MeteringError> {
        let count = |tokens: u64| i64::try_from(tokens).map_err(|_| MeteringError::OutOfRange(tokens));
        Ok(Self {
            id: usage.id,
            user: usage.user,
            conversation: usage.conversation,
            run: usage.run,
            key: usage.key,
            messages: usage.messages.into(),
            input_tokens: count(usage.tokens.input)?,
            cached_input_tokens: count(usage.tokens.cached_input)?,
            cache_write_tokens: count(usage.tokens.cache_write)?,
            output_tokens: count(usage.tokens.output)?,
            reasoning_tokens: count(usage.tokens.reasoning)?,
            extra: if usage.tokens.extra.is_nothing() {
                None
            } else {
                Some(serde_json::to_string(&usage.tokens.extra).map_err(|error| Error::Encode(error.to_string()))?)
            },
            estimated: usage.estimated,
            cost: usage.prices.as_ref().map_or(NanoUsd::ZERO, |prices| cost(prices, &usage.tokens)),
            price_version: usage.prices.map(|prices| prices.version),
            model: usage.model,
            occurred_at: usage.occurred_at,
        })
    }
}

impl From<Entry> for UsageEntry {
    fn from(entry: Entry) -> Self {
        // The table holds no negative count.
        let count = i64::unsigned_abs;
        Self {
            id: entry.id,
            tokens: TokenUsage {
                input: count(entry.input_tokens),
                cached_input: count(entry.cached_input_tokens),
                cache_write: count(entry.cache_write_tokens),
                output: count(entry.output_tokens),
                reasoning: count(entry.reasoning_tokens),
                extra: entry.extra.as_ref().and_then(|extra| serde_json::from_str(extra).ok()).unwrap_or_default(),
            },
            estimated: entry.estimated,
            cost: entry.cost,
            price_version: entry.price_version,
        }
    }
}

/// A range of whole UTC days, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    from: Date,
    to: Date,
}

impl Period {
    /// A leap year.
    pub const MAX_DAYS: i64 = 366;

    /// The range between two dates. Without `to` it ends today; without `from` it begins
    /// on the first of the month in which it ends.
    pub fn new(from: Option<Date>, to: Option<Date>, today: Date) -> Result<Self, ReportError> {
        // A range that begins in the future and has no end is that one day.
        let to = to.unwrap_or_else(|| from.map_or(today, |from| from.max(today)));
        let from = from.unwrap_or_else(|| to.first_of_month());
        if from > to {
            return Err(ReportError::Backwards);
        }
        let period = Self { from, to };
        if period.last_day() - period.first_day() >= Self::MAX_DAYS {
            return Err(ReportError::TooLong(Self::MAX_DAYS));
        }
        Ok(period)
    }

    pub const fn from(self) -> Date {
        self.from
    }

    pub const fn to(self) -> Date {
        self.to
    }

    pub(crate) fn first_day(self) -> i64 {
        days(self.from)
    }

    pub(crate) fn last_day(self) -> i64 {
        days(self.to)
    }
}

fn days(date: Date) -> i64 {
    day_of(Timestamp::start_of(date))
}

/// Days since 1970-01-01 UTC.
pub(crate) fn day_of(at: Timestamp) -> i64 {
    at.micros().div_euclid(MICROS_PER_DAY)
}

/// The date of a stored day.
pub(crate) fn date_of(day: i64) -> Date {
    Timestamp::from_micros(day.saturating_mul(MICROS_PER_DAY)).date()
}

/// What the rows of a report stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum UsageGroup {
    /// A day in UTC, oldest first. Days without use are left out.
    #[default]
    Day,
    /// A model, the dearest first.
    Model,
    /// A person, the dearest first.
    User,
    /// An API key, the dearest first; `none` for what people asked in the app.
    Key,
}

/// Sums over some entries of the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Sums {
    pub runs: i64,
    pub input_tokens: i64,
    pub cached_input_tokens: i64,
    pub cache_write_tokens: i64,
    pub output_tokens: i64,
    pub reasoning_tokens: i64,
    pub cost: NanoUsd,
}

/// One line of a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(example = json!({
    "key": "2026-11-21", "label": "2026-11-21", "runs": 12, "input_tokens": 48210,
    "cached_input_tokens": 30720, "cache_write_tokens": 0, "output_tokens": 9114,
    "reasoning_tokens": 2048, "cost_usd": "0.153871"
}))]
pub struct UsageRow {
    /// The date, or the id of the model, user or API key; `total` for the sum of all rows.
    pub key: String,
    /// The key for people: a user's name or e-mail address; else the key itself.
    pub label: String,
    /// Generations.
    #[schema(minimum = 0)]
    pub runs: i64,
    /// All input, cached reads and cache writes included.
    #[schema(minimum = 0)]
    pub input_tokens: i64,
    #[schema(minimum = 0)]
    pub cached_input_tokens: i64,
    #[schema(minimum = 0)]
    pub cache_write_tokens: i64,
    /// All output, reasoning included.
    #[schema(minimum = 0)]
    pub output_tokens: i64,
    #[schema(minimum = 0)]
    pub reasoning_tokens: i64,
    pub cost_usd: NanoUsd,
}

impl UsageRow {
    pub(crate) fn new(key: String, label: String, sums: Sums) -> Self {
        Self {
            key,
            label,
            runs: sums.runs,
            input_tokens: sums.input_tokens,
            cached_input_tokens: sums.cached_input_tokens,
            cache_write_tokens: sums.cache_write_tokens,
            output_tokens: sums.output_tokens,
            reasoning_tokens: sums.reasoning_tokens,
            cost_usd: sums.cost,
        }
    }
}

/// Usage and cost over a range of days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct UsageReport {
    pub data: Vec<UsageRow>,
    /// The sum of `data`, to the nano-dollar.
    pub total: UsageRow,
    /// The first day, UTC.
    #[schema(value_type = String, format = Date, example = "2026-11-01")]
    pub from: Date,
    /// The last day, UTC, itself included.
    #[schema(value_type = String, format = Date, example = "2026-11-21")]
    pub to: Date,
    pub group_by: UsageGroup,
    /// Answers that the gateway gave from its cache; they are no use and in no row.
    #[schema(minimum = 0, example = 7)]
    pub cached_answers: i64,
    /// What they would have cost.
    #[schema(example = "0.021503")]
    pub saved_usd: NanoUsd,
}

#[cfg(test)]
mod tests {
    use jiff::{ToSpan as _, civil::date};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_period_defaults_to_this_month() {
        let today = date(2026, 11, 21);
        let period = |from, to| Period::new(from, to, today);
        let whole = period(None, None).unwrap();
        assert_eq!((whole.from(), whole.to()), (date(2026, 11, 1), today));
        let past = period(None, Some(date(2024, 2, 29))).unwrap();
        assert_eq!(past.from(), date(2024, 2, 1));
        let open = period(Some(date(2026, 10, 5)), None).unwrap();
        assert_eq!(open.to(), today);
        let future = period(Some(date(2026, 12, 5)), None).unwrap();
        assert_eq!(future.to(), date(2026, 12, 5));
    }

    #[test]
    fn a_period_is_neither_backwards_nor_longer_than_a_leap_year() {
        let period = |from, to| Period::new(Some(from), Some(to), date(2026, 1, 1));
        assert!(period(date(2024, 1, 1), date(2024, 12, 31)).is_ok());
        assert!(matches!(period(date(2024, 1, 1), date(2025, 1, 1)), Err(ReportError::TooLong(366))));
        assert!(matches!(period(date(2024, 1, 2), date(2024, 1, 1)), Err(ReportError::Backwards)));
    }

    proptest! {
        #[test]
        fn days_and_dates_are_the_same_thing(day in 0_i64..2_000_000) {
            prop_assert_eq!(days(date_of(day)), day);
            let next = date_of(day).checked_add(1.day()).unwrap();
            prop_assert_eq!(days(next), day + 1);
        }
    }
}
