//! Conversations, messages, runs and files, as the API shows them.

mod part;

use contracts::{
    guardrails::Decision,
    providers::{FinishReason, Parameters},
};
use kernel::{Code, ConversationId, FileId, MessageId, NanoUsd, RunId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub(crate) use part::text_of;
pub use part::{FilePart, Notice, Part, ToolCallPart};

/// A person's conversation.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Conversation {
    pub id: ConversationId,
    /// Made after the first answer, unless a person gave one.
    #[schema(required, example = "A week in Hội An")]
    pub title: Option<String>,
    /// The model used last; null: the default one.
    #[schema(required, example = "openai/gpt-5.2")]
    pub model: Option<String>,
    #[schema(required)]
    pub system_prompt: Option<String>,
    pub parameters: Parameters,
    pub pinned: bool,
    pub archived: bool,
    /// The leaf of the branch shown.
    #[schema(required)]
    pub active_message_id: Option<MessageId>,
    /// The answer that is being written.
    #[schema(required)]
    pub active_run_id: Option<RunId>,
    pub created_at: Timestamp,
    /// The last activity.
    pub updated_at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = MessageRole)]
pub enum Role {
    User,
    Assistant,
}

impl Role {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Assistant => "assistant",
        }
    }
}

/// A message in a conversation's tree.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Message {
    pub id: MessageId,
    pub conversation_id: ConversationId,
    #[schema(required)]
    pub parent_id: Option<MessageId>,
    pub role: Role,
    pub parts: Vec<Part>,
    /// Every version of this message, itself included, oldest first.
    pub sibling_ids: Vec<MessageId>,
    /// What wrote it; only for an assistant's message.
    #[schema(required)]
    pub run: Option<Run>,
    pub created_at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    /// Waiting for its turn.
    Queued,
    Running,
    Completed,
    /// A person stopped it; what had arrived is kept.
    Cancelled,
    /// The provider or we failed; what had arrived is kept.
    Failed,
    /// The server stopped while the answer was written; what had arrived is kept.
    Interrupted,
}

impl RunStatus {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [Self::Queued, Self::Running, Self::Completed, Self::Cancelled, Self::Failed, Self::Interrupted]
            .into_iter()
            .find(|status| status.as_str() == name)
    }

    /// Whether the server still works on it.
    pub const fn is_active(self) -> bool {
        matches!(self, Self::Queued | Self::Running)
    }
}

/// One generation: what writes an assistant's message.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Run {
    pub id: RunId,
    pub conversation_id: ConversationId,
    /// The assistant's message that it writes.
    pub message_id: MessageId,
    pub status: RunStatus,
    /// The model that speaks.
    #[schema(example = "openai/gpt-5.2")]
    pub model: String,
    #[schema(required)]
    pub finish_reason: Option<FinishReason>,
    #[schema(required)]
    pub error: Option<RunError>,
    /// Known when the run has ended.
    #[schema(required)]
    pub usage: Option<Usage>,
    pub started_at: Timestamp,
    #[schema(required)]
    pub finished_at: Option<Timestamp>,
    /// Milliseconds from the start to the first piece of the answer.
    #[schema(required)]
    pub first_token_ms: Option<i64>,
    /// What guardrails did to what was sent to the provider; never the text itself.
    pub guardrails: Vec<Decision>,
}

/// Why a run failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RunError {
    /// One of the API's error codes.
    #[schema(example = "provider_overloaded")]
    pub code: String,
    pub message: String,
}

impl RunError {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code: code.as_str().to_owned(), message: message.into() }
    }
}

/// What a run used and cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Usage {
    /// All input, cached reads and cache writes included.
    pub input_tokens: i64,
    pub cached_input_tokens: i64,
    pub cache_write_tokens: i64,
    /// All output, reasoning included.
    pub output_tokens: i64,
    pub reasoning_tokens: i64,
    pub cost_usd: NanoUsd,
    /// Counted by us, because the provider did not say.
    pub estimated: bool,
    #[schema(required)]
    pub price_version: Option<String>,
}

/// A file that a person uploaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct File {
    pub id: FileId,
    #[schema(example = "plan.png")]
    pub name: String,
    #[schema(example = "image/png")]
    pub media_type: String,
    /// Bytes.
    pub size: i64,
    /// Pixels.
    #[schema(required)]
    pub width: Option<i64>,
    /// Pixels.
    #[schema(required)]
    pub height: Option<i64>,
    pub created_at: Timestamp,
}

/// A run that has begun, with the messages that it made.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct StartedRun {
    pub run: Run,
    /// The message that was sent; null when an answer was asked for again.
    #[schema(required)]
    pub user_message: Option<Message>,
    pub assistant_message: Message,
}
