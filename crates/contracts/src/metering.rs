//! What was used, and what it cost.

use std::{any::Any, fmt};

use async_trait::async_trait;
use database::Tx;
use kernel::{
    ApiKeyId, BudgetId, Code, ConversationId, NanoUsd, PicoUsd, RunId, TenantScope, Timestamp, UsageId, UserId,
};
use serde::{Deserialize, Serialize};

use crate::{
    plans::QuotaReached,
    providers::{Prices, Service, TokenUsage},
};

/// The [`database::Epochs`] that cached budgets are good for. Whoever changes whose spending a budget
/// counts (the budget, the workspace's plan, who is in a group) bumps it in the same transaction.
pub const BUDGETS_EPOCH: &str = "budgets";

/// One use to record. `id` makes it idempotent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewUsage {
    pub id: UsageId,
    pub user: UserId,
    pub conversation: Option<ConversationId>,
    pub run: Option<RunId>,
    /// The API key that asked.
    pub key: Option<ApiKeyId>,
    /// The model that spoke, as `provider/name`.
    pub model: String,
    /// The messages that it counts as in the plan's quotas: one for an answer, none for what
    /// serves another one (a title) and for vectors.
    pub messages: u32,
    pub tokens: TokenUsage,
    /// True: counted by us, because the provider did not say.
    pub estimated: bool,
    /// The prices in force; none: unpriced, recorded at zero.
    pub prices: Option<Prices>,
    /// When the use happened: its entry belongs to that period, however late it is written.
    pub occurred_at: Timestamp,
}

/// What stands in the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageEntry {
    pub id: UsageId,
    pub tokens: TokenUsage,
    pub estimated: bool,
    pub cost: NanoUsd,
    pub price_version: Option<String>,
}

/// The span over which a budget counts. Days and months are those of UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BudgetPeriod {
    Day,
    Month,
    Total,
}

impl BudgetPeriod {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Month => "month",
            Self::Total => "total",
        }
    }

    /// The period of this name, as stored.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Day, Self::Month, Self::Total].into_iter().find(|period| period.as_str() == name)
    }

    /// When the span began that `at` lies in.
    pub fn start(self, at: Timestamp) -> Timestamp {
        match self {
            Self::Day => Timestamp::start_of(at.date()),
            Self::Month => Timestamp::start_of(at.date().first_of_month()),
            Self::Total => Timestamp::EPOCH,
        }
    }

    /// When it ends, and the next begins; none: never.
    pub fn end(self, at: Timestamp) -> Option<Timestamp> {
        let last = match self {
            Self::Day => at.date(),
            Self::Month => at.date().last_of_month(),
            Self::Total => return None,
        };
        last.tomorrow().ok().map(Timestamp::start_of)
    }
}

/// What a request asks for that may cost more than plain text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Asked {
    /// Another service than the ordinary one.
    pub service: bool,
    /// A cache that keeps input for an hour.
    pub hour: bool,
    /// Sound or pictures.
    pub media: bool,
    /// Searches of the web that the provider may make.
    pub searches: u64,
}

/// The dearest that a call with so many tokens of plain text can become: each at the highest
/// price that it may be charged at, whatever turns out to be cached and whichever tier applies.
/// The prices of several models make several worst cases; reserve the greatest.
pub fn worst_case(prices: &Prices, input: u64, output: u64) -> NanoUsd {
    worst_case_of(prices, input, output, Asked::default())
}

/// The same for a request that asks for more.
pub fn worst_case_of(prices: &Prices, input: u64, output: u64, asked: Asked) -> NanoUsd {
    let extra = &prices.extra;
    let others = extra.services.iter().map(|other| other.service).filter(|_| asked.service);
    let (mut read, mut written) = (PicoUsd::ZERO, prices.reasoning.unwrap_or(PicoUsd::ZERO));
    for service in std::iter::once(Service::Standard).chain(others) {
        // A call may turn out to be smaller than was counted, below a threshold.
        let own = extra.services.iter().find(|other| other.service == service).map_or(&[][..], |other| &other.tiers);
        let sizes = prices.tiers.iter().chain(own).map(|tier| tier.above.saturating_add(1)).chain([input]);
        for size in sizes.filter(|size| *size <= input).chain([0]) {
            let rates = prices.rates(service, size);
            let kinds = [Some(rates.input), rates.cached_input, rates.cache_write];
            read = kinds.into_iter().flatten().fold(read, PicoUsd::max);
            written = written.max(rates.output);
        }
    }
    if asked.hour {
        read = read.max(extra.cache_write_1h.unwrap_or_default());
    }
    if asked.media {
        read = [extra.audio_input, extra.image_input].into_iter().flatten().fold(read, PicoUsd::max);
        written = [extra.audio_output, extra.image_output].into_iter().flatten().fold(written, PicoUsd::max);
    }
    PicoUsd::cost([(input, read), (output, written), (asked.searches, extra.search.unwrap_or_default())])
}

/// The most that one call may use, before it is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewReservation {
    pub user: UserId,
    pub key: Option<ApiKeyId>,
    /// The dearest that the call can become, retries and fallbacks included.
    pub worst: NanoUsd,
    /// All input and the most output, in tokens.
    pub tokens: u64,
    /// As in [`NewUsage::messages`].
    pub messages: u32,
}

/// Room that is kept for one call. Dropping it gives the room back; settling turns it into
/// usage. It outlives a crash of the process for a bounded time.
#[must_use]
pub struct Reservation(Option<Box<dyn Any + Send + Sync>>);

impl Reservation {
    /// `release` gives the room back.
    pub fn new(release: impl FnOnce() + Send + Sync + 'static) -> Self {
        Self::of(OnDrop(Some(release)))
    }

    /// Keeps `held`, which gives the room back when it is dropped.
    pub fn of<T: Send + Sync + 'static>(held: T) -> Self {
        Self(Some(Box::new(held)))
    }

    /// Where no limit applies there is nothing to keep.
    pub const fn none() -> Self {
        Self(None)
    }

    /// What [`Reservation::of`] was given, for whoever gave it. Anything else stays as it is.
    pub fn into_held<T: Send + Sync + 'static>(self) -> Result<Box<T>, Self> {
        match self.0.map(<Box<dyn Any + Send + Sync>>::downcast) {
            Some(Ok(held)) => Ok(held),
            Some(Err(other)) => Err(Self(Some(other))),
            None => Err(Self(None)),
        }
    }

    /// Whether there is nothing to give back.
    pub const fn is_none(&self) -> bool {
        self.0.is_none()
    }
}

impl fmt::Debug for Reservation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Reservation(held)" } else { "Reservation(none)" })
    }
}

/// Calls a function when it is dropped.
struct OnDrop<F: FnOnce()>(Option<F>);

impl<F: FnOnce()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        if let Some(release) = self.0.take() {
            release();
        }
    }
}

/// A cap that a call would pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CapReached {
    pub budget: BudgetId,
    /// Its name, for people.
    pub name: String,
    pub period: BudgetPeriod,
    pub limit: NanoUsd,
    /// Spent in this period, without what other calls have reserved.
    pub spent: NanoUsd,
    /// When the period ends; none: never.
    pub resets_at: Option<Timestamp>,
}

impl fmt::Display for CapReached {
    /// A sentence or two for the person who was refused.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let period = match self.period {
            BudgetPeriod::Day => "daily",
            BudgetPeriod::Month => "monthly",
            BudgetPeriod::Total => "total",
        };
        let Self { name, limit, spent, .. } = self;
        write!(
            f,
            "The {period} spend cap \u{201c}{name}\u{201d} of ${limit} leaves no room for this: ${spent} are spent."
        )?;
        match self.resets_at {
            Some(at) => write!(f, " It resets at {at}."),
            None => f.write_str(" It does not reset; somebody has to raise it."),
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum ReserveError {
    #[error("{0}")]
    Cap(Box<CapReached>),
    #[error("{0}")]
    Quota(Box<QuotaReached>),
    #[error(transparent)]
    Database(#[from] database::Error),
}

#[derive(Debug, thiserror::Error)]
pub enum MeteringError {
    /// The id stands in the ledger with another payload.
    #[error("usage {0} was recorded with other figures")]
    Conflict(UsageId),
    #[error("{0} tokens are more than a ledger entry can hold")]
    OutOfRange(u64),
    #[error(transparent)]
    Database(#[from] database::Error),
}

impl MeteringError {
    pub const fn code(&self) -> Code {
        match self {
            Self::Conflict(_) => Code::UsageConflict,
            Self::OutOfRange(_) | Self::Database(_) => Code::Internal,
        }
    }
}

#[async_trait]
pub trait Metering: Send + Sync {
    /// Writes the entry in the caller's transaction. The same id with the same payload
    /// counts once and gives back what stands; with another payload it is a conflict.
    async fn record(&self, tx: &mut Tx, scope: &TenantScope, usage: NewUsage) -> Result<UsageEntry, MeteringError>;

    /// Keeps room for a call in every budget and quota that applies to it, or says which has none left.
    /// Of calls that ask at the same time, on whatever processes, no more pass than fit.
    async fn reserve(&self, scope: &TenantScope, wanted: NewReservation) -> Result<Reservation, ReserveError>;

    /// Writes the entry in a transaction shared with other calls that end at the same time,
    /// and returns when it is durable. The reservation's room is given back with it.
    async fn settle(
        &self,
        scope: &TenantScope,
        reservation: Reservation,
        usage: NewUsage,
    ) -> Result<UsageEntry, MeteringError>;

    /// Counts an answer that came from a cache today, and what it would have cost. Written
    /// together with others within a second or so, and before the process stops; a crash may
    /// lose what was not. It is no use: neither the ledger nor a budget knows of it.
    fn saved(&self, scope: &TenantScope, user: UserId, saved: NanoUsd);
}
