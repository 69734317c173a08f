//! What was used, and what it cost.

use async_trait::async_trait;
use database::Tx;
use kernel::{Code, ConversationId, NanoUsd, RunId, TenantScope, Timestamp, UsageId, UserId};

use crate::providers::{Prices, TokenUsage};

/// One use to record. `id` makes it idempotent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewUsage {
    pub id: UsageId,
    pub user: UserId,
    pub conversation: Option<ConversationId>,
    pub run: Option<RunId>,
    /// The model that spoke, as `provider/name`.
    pub model: String,
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
}
