//! Conversations, messages, runs and files, as the API shows them.

mod part;

use contracts::{
    guardrails::Decision,
    providers::{FinishReason, Parameters},
};
use kernel::{Code, ConversationId, FileId, MessageId, NanoUsd, RunId, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub(crate) use part::text_of;
pub use part::{FilePart, Notice, Part, ToolCallPart};

/// What the caller may do with a conversation. Each includes the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConversationAccess {
    /// Read it, hear its answers as they are written, and make a copy.
    View,
    /// Also send messages, stop answers, rename it and choose the branch shown.
    Edit,
    /// All of it: also delete it, pin it, archive it and share it.
    Owner,
}

impl ConversationAccess {
    /// As the store's queries say it.
    pub(crate) const fn from_level(level: i64) -> Option<Self> {
        match level {
            3 => Some(Self::Owner),
            2 => Some(Self::Edit),
            1 => Some(Self::View),
            _ => None,
        }
    }
}

impl From<sharing::Access> for ConversationAccess {
    fn from(access: sharing::Access) -> Self {
        match access {
            sharing::Access::View => Self::View,
            sharing::Access::Edit => Self::Edit,
        }
    }
}

/// A person's conversation.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Conversation {
    pub id: ConversationId,
    /// Whose it is.
    pub owner_id: UserId,
    /// Null: the caller's own.
    #[schema(required)]
    pub owner_name: Option<String>,
    /// What the caller may do with it.
    pub access: ConversationAccess,
    /// Whether it is shared with anybody.
    pub shared: bool,
    /// Made after the first answer, unless a person gave one.
    #[schema(required, example = "A week in Hội An")]
    pub title: Option<String>,
    /// The model used last; null: the default one.
    #[schema(required, example = "openai/gpt-5.2")]
    pub model: Option<String>,
    #[schema(required)]
    pub system_prompt: Option<String>,
    pub parameters: Parameters,
    /// By its owner; it is false in what others share.
    pub pinned: bool,
    /// By its owner; it is false in what others share.
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
    /// Who sent it, or asked for the answer; `list_participants` tells their names.
    pub author_id: UserId,
    pub role: Role,
    /// None: whoever wrote it has had their account erased.
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

/// What kind of subject something is shared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SubjectKind {
    /// Everybody in the workspace but guests.
    Workspace,
    User,
    Group,
}

/// One of those that a conversation is shared with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ConversationShare {
    pub subject: sharing::Subject,
    pub kind: SubjectKind,
    /// Of the person or the group; null: the workspace.
    #[schema(required)]
    pub name: Option<String>,
    /// Path of the person's picture under this server, if there is one.
    #[schema(required)]
    pub avatar_url: Option<String>,
    pub access: sharing::Access,
    pub created_at: Timestamp,
}

/// Somebody who takes part in a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Participant {
    pub user_id: UserId,
    pub name: String,
    /// Path of their picture under this server, if there is one.
    #[schema(required)]
    pub avatar_url: Option<String>,
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
