//! Models, and what passes between a run and the provider that answers it.
//!
//! One internal shape for every provider: adapters translate it to and from the wire.

use std::{pin::Pin, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::Stream;
use kernel::{Code, PicoUsd, TenantScope};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

/// A model as callers may know it.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// `provider/name`, the id in the API: `openai/gpt-5.2`.
    pub id: String,
    /// For people: `GPT-5.2`.
    pub name: String,
    pub provider: String,
    /// For people: `OpenAI`.
    pub provider_name: String,
    /// Why the model can't be used now, and what to do about it; none: it can.
    pub unavailable: Option<String>,
    /// Tokens that input and output may have together.
    pub context_window: Option<u64>,
    pub max_output_tokens: Option<u64>,
    pub capabilities: Capabilities,
    /// Accepted values of [`Parameters::reasoning_effort`]; empty: it takes none.
    pub reasoning_efforts: Vec<String>,
    /// None: unpriced. Usage is then recorded at a cost of zero and marked so.
    pub prices: Option<Prices>,
    /// The day its provider retires it, ISO 8601.
    pub retires_on: Option<String>,
    /// Whether it is the one to preselect.
    pub default: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[allow(clippy::struct_excessive_bools, reason = "independent facts about a model")]
pub struct Capabilities {
    /// Reads images.
    pub vision: bool,
    /// Calls tools.
    pub tools: bool,
    /// Thinks before it answers.
    pub reasoning: bool,
    /// Reads PDF files.
    pub pdf: bool,
    /// Answers in a given JSON schema.
    pub structured_output: bool,
}

/// Prices of one version of the catalogue, per token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prices {
    /// Names the catalogue version that they come from.
    pub version: String,
    pub input: PicoUsd,
    pub output: PicoUsd,
    /// Input read from the provider's prompt cache; none: charged as input.
    pub cached_input: Option<PicoUsd>,
    /// Input written to the provider's prompt cache; none: charged as input.
    pub cache_write: Option<PicoUsd>,
    /// Output spent on reasoning where it has a price of its own; none: charged as output.
    pub reasoning: Option<PicoUsd>,
    /// Prices for calls with more input than a threshold, the lowest threshold first.
    pub tiers: Vec<PriceTier>,
}

/// Prices that replace the base ones when `input_tokens` of a call exceed `above`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceTier {
    pub above: u64,
    pub input: Option<PicoUsd>,
    pub output: Option<PicoUsd>,
    pub cached_input: Option<PicoUsd>,
    pub cache_write: Option<PicoUsd>,
}

/// Tokens of one call, counted so that nothing counts twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TokenUsage {
    /// All input, cached reads and cache writes included.
    pub input: u64,
    pub cached_input: u64,
    pub cache_write: u64,
    /// All output, reasoning included.
    pub output: u64,
    pub reasoning: u64,
}

/// What the person set for a run. What a model does not take is left out of the call.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, utoipa::ToSchema, garde::Validate)]
#[serde(deny_unknown_fields)]
pub struct Parameters {
    /// Randomness, from 0 (always the likeliest word) to 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[garde(range(min = 0.0, max = 2.0))]
    #[schema(minimum = 0, maximum = 2)]
    pub temperature: Option<f64>,
    /// The most tokens that the answer may have, reasoning included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[garde(range(min = 1, max = 1_000_000))]
    #[schema(minimum = 1)]
    pub max_output_tokens: Option<u64>,
    /// How hard to think: one of the model's `reasoning_efforts`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[garde(length(chars, max = 32))]
    pub reasoning_effort: Option<String>,
}

/// One generation, before it is translated for a provider.
#[derive(Debug, Clone)]
pub struct GenerationRequest {
    /// Id of a model in the catalogue.
    pub model: String,
    pub system: Option<String>,
    /// Oldest first; begins with a user's message and ends with the one to answer.
    pub messages: Vec<ChatMessage>,
    pub parameters: Parameters,
    pub tools: Vec<Tool>,
}

#[derive(Debug, Clone)]
pub struct ChatMessage {
    pub role: ChatRole,
    pub parts: Vec<ChatPart>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChatRole {
    User,
    Assistant,
}

#[derive(Debug, Clone)]
pub enum ChatPart {
    Text(String),
    /// The bytes of an image and its media type (`image/png`).
    Image {
        media_type: String,
        data: Bytes,
    },
    /// In an assistant's message: a call that the model asked for.
    ToolCall(ToolCall),
    /// In a user's message: what a call gave.
    ToolResult {
        tool_call_id: String,
        content: String,
        is_error: bool,
    },
}

/// A function that the model may ask to be called.
#[derive(Debug, Clone)]
pub struct Tool {
    pub name: String,
    pub description: String,
    /// JSON Schema of its arguments.
    pub parameters: serde_json::Value,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ToolCall {
    pub id: String,
    pub name: String,
    pub input: serde_json::Value,
}

/// What a provider streams, in order. After [`Chunk::Finish`] nothing follows.
#[derive(Debug, Clone, PartialEq)]
pub enum Chunk {
    Text(String),
    Reasoning(String),
    /// A call begins; its arguments follow as [`Chunk::ToolInput`] and end with [`Chunk::ToolCall`].
    ToolStart {
        id: String,
        name: String,
    },
    ToolInput {
        id: String,
        delta: String,
    },
    ToolCall(ToolCall),
    /// Tokens so far, cumulative: a later one replaces an earlier one.
    Usage(TokenUsage),
    Finish(FinishReason),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FinishReason {
    /// The model was done.
    Stop,
    /// It reached its maximum.
    Length,
    ToolCalls,
    ContentFilter,
    /// A person stopped it.
    Cancelled,
    Error,
}

/// What went wrong at a provider, in kinds that callers can act on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProviderErrorKind {
    UnknownModel,
    /// No key, or the provider is switched off.
    Unavailable,
    /// The key was refused (401, 403).
    Auth,
    RateLimited,
    Overloaded,
    ContextTooLong,
    /// The provider found the request wrong (400, 404, 422).
    InvalidRequest,
    ContentFilter,
    Timeout,
    Unreachable,
    /// Bytes that are not what the provider documents, or a stream that broke off.
    Protocol,
    /// Any other failure on the provider's side (5xx, an error in mid-stream).
    Failed,
}

impl ProviderErrorKind {
    pub const fn code(self) -> Code {
        match self {
            Self::UnknownModel => Code::UnknownModel,
            Self::Unavailable => Code::ModelUnavailable,
            Self::Auth => Code::ProviderAuth,
            Self::RateLimited => Code::ProviderRateLimited,
            Self::Overloaded => Code::ProviderOverloaded,
            Self::ContextTooLong => Code::ContextTooLong,
            Self::InvalidRequest => Code::ProviderInvalidRequest,
            Self::ContentFilter => Code::ProviderContentFilter,
            Self::Timeout => Code::ProviderTimeout,
            Self::Unreachable => Code::ProviderUnreachable,
            Self::Protocol => Code::ProviderProtocol,
            Self::Failed => Code::ProviderFailed,
        }
    }

    /// Whether the same call may succeed later, or at another provider.
    pub const fn is_transient(self) -> bool {
        matches!(
            self,
            Self::RateLimited | Self::Overloaded | Self::Timeout | Self::Unreachable | Self::Protocol | Self::Failed
        )
    }
}

/// A provider's failure. `message` is fit for the person who asked: it names the provider
/// and what to do, and never holds a key.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct ProviderError {
    pub kind: ProviderErrorKind,
    pub message: String,
    /// What the provider asked us to wait.
    pub retry_after: Option<Duration>,
}

/// The chunks of one generation. Dropping it closes the connection to the provider.
pub type GenerationStream = Pin<Box<dyn Stream<Item = Result<Chunk, ProviderError>> + Send>>;

/// A generation that has begun: the provider accepted it.
pub struct Generation {
    /// The model that speaks: another than was asked for, if a fallback took over.
    pub model: Arc<Model>,
    pub chunks: GenerationStream,
}

#[async_trait]
pub trait Providers: Send + Sync {
    /// The models that the workspace can see, in the order to show them.
    fn models(&self, scope: &TenantScope) -> Arc<[Arc<Model>]>;

    /// The model of this id; an error says why there is none or why it can't be used.
    fn model(&self, scope: &TenantScope, id: &str) -> Result<Arc<Model>, ProviderError>;

    /// The model to use when nobody chose one.
    fn default_model(&self, scope: &TenantScope) -> Result<Arc<Model>, ProviderError>;

    /// The tokens that `text` has for the model: exact where its tokenizer is public and
    /// loaded, else a careful estimate.
    fn count_tokens(&self, model: &Model, text: &str) -> u64;

    /// Starts a generation and streams it. Retries transient failures before the first
    /// chunk, never after it. `cancel` ends the provider's stream at once.
    async fn stream(
        &self,
        scope: &TenantScope,
        request: GenerationRequest,
        cancel: CancellationToken,
    ) -> Result<Generation, ProviderError>;
}
