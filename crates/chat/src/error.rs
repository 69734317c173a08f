//! Why an operation of the chat was refused.

use std::time::Duration;

use contracts::{
    guardrails::Blocked,
    metering::{CapReached, ReserveError},
    plans::QuotaReached,
    providers::ProviderError,
};
use kernel::Code;
use web::Problem;

use crate::model::ConversationAccess;

#[derive(Debug, thiserror::Error)]
pub enum ChatError {
    /// It does not exist, or is another person's: the caller can't tell which.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// The caller sees the conversation, but may do less with it than this.
    #[error("{}", match .0 {
        ConversationAccess::Owner => "only the owner of the conversation can do this",
        _ => "the conversation is shared with you to read; go on in a copy of your own",
    })]
    NotAllowed(ConversationAccess),
    /// A field of the body, by its dotted path.
    #[error("{field}: {message}")]
    Field { field: &'static str, code: &'static str, message: String },
    #[error("an answer is still being written in this conversation; stop it or wait for its end")]
    RunActive,
    #[error("{0} answers are being written for you already; wait for one to end")]
    TooManyRuns(u32),
    #[error("today's {0} output tokens are used up; go on tomorrow (UTC)")]
    DailyLimit(u64),
    /// A hard budget has no room for the answer.
    #[error("{0}")]
    Budget(Box<CapReached>),
    /// A quota of the workspace's plan has no room for it.
    #[error("{0}")]
    Quota(Box<QuotaReached>),
    /// A guardrail refuses it.
    #[error("{0}")]
    Blocked(Blocked),
    #[error("this idempotency key was used for another request; use a new key")]
    IdempotencyConflict,
    #[error(transparent)]
    Model(ProviderError),
    /// The newest message alone, with the system prompt, is too long.
    #[error("the message has about {tokens} tokens with its system prompt, and the model can read {limit}")]
    ContextTooLong { tokens: u64, limit: u64 },
    #[error("files may have {} MiB at the most", .0 / (1024 * 1024))]
    FileTooLarge(usize),
    #[error("only PNG, JPEG, WebP and GIF images can be read, and their content decides, not their name")]
    UnsupportedFile,
    #[error("this server is shutting down; try again in a moment")]
    Draining,
    #[error(transparent)]
    Database(#[from] database::Error),
}

impl ChatError {
    pub(crate) fn field(field: &'static str, code: &'static str, message: impl Into<String>) -> Self {
        Self::Field { field, code, message: message.into() }
    }

    pub const fn code(&self) -> Code {
        match self {
            Self::NotFound(_) => Code::NotFound,
            Self::NotAllowed(_) => Code::Forbidden,
            Self::Field { .. } => Code::InvalidBody,
            Self::RunActive => Code::RunActive,
            Self::TooManyRuns(_) | Self::DailyLimit(_) => Code::RateLimited,
            Self::Budget(_) => Code::BudgetExceeded,
            Self::Quota(_) => Code::QuotaExceeded,
            Self::Blocked(_) => Code::ContentBlocked,
            Self::IdempotencyConflict => Code::IdempotencyConflict,
            Self::Model(error) => error.kind.code(),
            Self::ContextTooLong { .. } => Code::ContextTooLong,
            Self::FileTooLarge(_) => Code::PayloadTooLarge,
            Self::UnsupportedFile => Code::UnsupportedMediaType,
            Self::Draining => Code::Unavailable,
            Self::Database(_) => Code::Internal,
        }
    }
}

impl From<ReserveError> for ChatError {
    fn from(error: ReserveError) -> Self {
        match error {
            ReserveError::Cap(cap) => Self::Budget(cap),
            ReserveError::Quota(quota) => Self::Quota(quota),
            ReserveError::Database(error) => Self::Database(error),
        }
    }
}

impl From<ChatError> for Problem {
    fn from(error: ChatError) -> Self {
        match error {
            ChatError::Database(error) => error.into(),
            ChatError::Budget(cap) => (*cap).into(),
            ChatError::Quota(quota) => (*quota).into(),
            ChatError::Blocked(blocked) => Self::new(Code::ContentBlocked).detail(blocked.message),
            ChatError::Field { field, code, message } => Self::field(field, code, message),
            ChatError::TooManyRuns(_) | ChatError::Draining => {
                Self::new(error.code()).detail(error.to_string()).retry_after(Duration::from_secs(2))
            }
            ChatError::DailyLimit(_) => {
                Self::new(error.code()).detail(error.to_string()).retry_after(Duration::from_hours(1))
            }
            error => {
                let message = error.to_string();
                let mut letters = message.chars();
                let first = letters.next().map(char::to_uppercase).into_iter().flatten();
                Self::new(error.code()).detail(first.chain(letters).collect::<String>() + ".")
            }
        }
    }
}
