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
    /// What is not plain text at the ordinary service.
    #[serde(default)]
    pub extra: ExtraPrices,
}

/// Prices of what is not plain text at the ordinary service.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ExtraPrices {
    /// Input that the provider's prompt cache keeps for an hour; none: as other writes.
    pub cache_write_1h: Option<PicoUsd>,
    /// Tokens of sound; none: as text.
    pub audio_input: Option<PicoUsd>,
    pub audio_output: Option<PicoUsd>,
    /// Tokens of pictures; none: as text.
    pub image_input: Option<PicoUsd>,
    pub image_output: Option<PicoUsd>,
    /// One search of the web by the provider's own tool; none: free.
    pub search: Option<PicoUsd>,
    /// Other services than the ordinary one.
    pub services: Vec<ServicePrices>,
}

/// What a provider charges for answers of another urgency. A price that is left out is the
/// ordinary one.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ServicePrices {
    pub service: Service,
    pub input: Option<PicoUsd>,
    pub output: Option<PicoUsd>,
    pub cached_input: Option<PicoUsd>,
    pub cache_write: Option<PicoUsd>,
    /// The lowest threshold first.
    pub tiers: Vec<PriceTier>,
}

/// How urgently a provider has answered, where it says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Service {
    #[default]
    Standard,
    Batch,
    Flex,
    Priority,
}

impl Service {
    /// By the word of the provider; what is unknown is the ordinary one.
    pub fn named(word: &str) -> Self {
        match word {
            "batch" => Self::Batch,
            "flex" => Self::Flex,
            "priority" => Self::Priority,
            _ => Self::Standard,
        }
    }
}

/// Prices of plain text in one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rates {
    pub input: PicoUsd,
    pub output: PicoUsd,
    pub cached_input: Option<PicoUsd>,
    pub cache_write: Option<PicoUsd>,
}

impl Rates {
    fn with(self, tier: &PriceTier) -> Self {
        Self {
            input: tier.input.unwrap_or(self.input),
            output: tier.output.unwrap_or(self.output),
            cached_input: tier.cached_input.or(self.cached_input),
            cache_write: tier.cache_write.or(self.cache_write),
        }
    }
}

impl Prices {
    /// What a call with so many tokens of input is charged at a service: the prices of the
    /// highest tier that it has passed, those that it leaves out from the next lower one. Where a
    /// service has no tiers and the ordinary one has, the dearer of the two holds.
    pub fn rates(&self, service: Service, input: u64) -> Rates {
        let base = Rates {
            input: self.input,
            output: self.output,
            cached_input: self.cached_input,
            cache_write: self.cache_write,
        };
        let passed = |tiers: &'_ [PriceTier]| tiers.iter().filter(|tier| input > tier.above).count();
        let up =
            |rates: Rates, tiers: &[PriceTier]| tiers.iter().filter(|tier| input > tier.above).fold(rates, Rates::with);
        let ordinary = up(base, &self.tiers);
        let Some(other) = self.extra.services.iter().find(|other| other.service == service) else { return ordinary };
        let own = Rates {
            input: other.input.unwrap_or(base.input),
            output: other.output.unwrap_or(base.output),
            cached_input: other.cached_input.or(base.cached_input),
            cache_write: other.cache_write.or(base.cache_write),
        };
        if other.tiers.is_empty() && passed(&self.tiers) > 0 {
            return Rates {
                input: own.input.max(ordinary.input),
                output: own.output.max(ordinary.output),
                cached_input: own.cached_input.max(ordinary.cached_input),
                cache_write: own.cache_write.max(ordinary.cache_write),
            };
        }
        up(own, &other.tiers)
    }
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
    /// What of it is not plain text at the ordinary service.
    #[serde(default, skip_serializing_if = "ExtraUsage::is_nothing")]
    pub extra: ExtraUsage,
}

/// What of a call is charged at prices of its own. All but the searches are parts of the counts
/// of [`TokenUsage`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ExtraUsage {
    /// How the provider says that it has answered.
    pub service: Service,
    /// Of the cache writes, those kept for an hour.
    pub cache_write_1h: u64,
    pub audio_input: u64,
    pub audio_output: u64,
    pub image_input: u64,
    pub image_output: u64,
    /// Searches of the web that the provider has made.
    pub searches: u64,
}

impl ExtraUsage {
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
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
    pub tuning: Tuning,
}

/// Finer settings that developers may send. What a provider has no field for is refused with
/// [`ProviderErrorKind::Unsupported`], never dropped in silence.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tuning {
    pub top_p: Option<f64>,
    pub top_k: Option<u64>,
    pub frequency_penalty: Option<f64>,
    pub presence_penalty: Option<f64>,
    /// Texts that end the answer.
    pub stop: Vec<String>,
    pub seed: Option<i64>,
    pub tool_choice: ToolChoice,
    /// Whether several tools may be called at once; none: the provider's default.
    pub parallel_tool_calls: Option<bool>,
    pub format: AnswerFormat,
    /// An opaque name of the end user, for the provider's abuse detection. It alone is left
    /// out where a provider has no field for it: it asks nothing of the answer.
    pub end_user: Option<String>,
}

/// Whether the model must call a tool.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ToolChoice {
    #[default]
    Auto,
    None,
    /// At least one, whichever.
    Required,
    /// The one of this name.
    Named(String),
}

/// The form of the answer's text.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum AnswerFormat {
    #[default]
    Text,
    /// Any JSON object.
    Json,
    /// JSON of this schema.
    Schema { name: String, schema: serde_json::Value, strict: bool },
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
    /// The workspace's plan leaves the model out.
    NotAllowed,
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
    /// The request asks for something that has no translation for the provider.
    Unsupported,
    /// The route's provider is resting after failures.
    Resting,
}

impl ProviderErrorKind {
    pub const fn code(self) -> Code {
        match self {
            Self::UnknownModel => Code::UnknownModel,
            Self::NotAllowed => Code::ModelNotAllowed,
            Self::Unavailable => Code::ModelUnavailable,
            Self::Auth => Code::ProviderAuth,
            Self::RateLimited => Code::ProviderRateLimited,
            Self::Overloaded | Self::Resting => Code::ProviderOverloaded,
            Self::ContextTooLong => Code::ContextTooLong,
            Self::InvalidRequest => Code::ProviderInvalidRequest,
            Self::ContentFilter => Code::ProviderContentFilter,
            Self::Timeout => Code::ProviderTimeout,
            Self::Unreachable => Code::ProviderUnreachable,
            Self::Protocol => Code::ProviderProtocol,
            Self::Failed => Code::ProviderFailed,
            Self::Unsupported => Code::UnsupportedParameter,
        }
    }

    /// Whether the same call may succeed later, or at another provider.
    pub const fn is_transient(self) -> bool {
        matches!(
            self,
            Self::RateLimited
                | Self::Overloaded
                | Self::Timeout
                | Self::Unreachable
                | Self::Protocol
                | Self::Failed
                | Self::Resting
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
    /// The HTTP status that the provider answered with.
    pub status: Option<u16>,
    /// The provider's own error, keys struck out, where it speaks the shape of the request.
    pub body: Option<Bytes>,
}

impl ProviderError {
    pub fn new(kind: ProviderErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), retry_after: None, status: None, body: None }
    }
}

/// The chunks of one generation. Dropping it closes the connection to the provider.
pub type GenerationStream = Pin<Box<dyn Stream<Item = Result<Chunk, ProviderError>> + Send>>;

/// A generation that has begun: the provider accepted it.
pub struct Generation {
    /// The model that speaks: another than was asked for, if a fallback took over.
    pub model: Arc<Model>,
    pub chunks: GenerationStream,
}

/// The wire format of a request and of its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shape {
    /// `POST …/chat/completions` of OpenAI and its imitators.
    OpenAiChat,
    /// `POST …/responses` of OpenAI.
    OpenAiResponses,
    /// `POST …/embeddings` of OpenAI and its imitators.
    OpenAiEmbeddings,
    /// `POST …/messages` of Anthropic.
    AnthropicMessages,
}

/// A request as a client sent it, to be passed on unread where the provider speaks its shape.
#[derive(Debug, Clone)]
pub struct NativeRequest {
    pub shape: Shape,
    /// A JSON object. `model` is replaced, and usage is asked for in a stream; all other
    /// fields, known or not, pass through.
    pub body: Bytes,
}

/// What a developer asks of a model, before it is known which provider answers.
#[derive(Clone)]
pub struct Inference {
    /// A model's id, or the name of a route of the workspace.
    pub model: String,
    pub stream: bool,
    pub native: NativeRequest,
    /// The same in our own shape, for providers that speak another one; made when needed.
    /// An error says what has no translation.
    pub translated: Arc<dyn Fn() -> Result<GenerationRequest, ProviderError> + Send + Sync>,
    /// Only the first model of a route, and no other if it fails.
    pub no_fallback: bool,
}

/// One try at one model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The model's id.
    pub model: String,
    /// How it failed; none: it answered.
    pub failed: Option<ProviderErrorKind>,
}

/// An answer that has begun.
pub struct Inferred {
    /// The model that speaks.
    pub model: Arc<Model>,
    /// All tries in order; the last one answered.
    pub attempts: Vec<Attempt>,
    pub answer: InferredAnswer,
    /// Whether the route wants the provider's answer to end when the client leaves.
    pub abort_on_disconnect: bool,
}

/// An answer to [`Shape::OpenAiEmbeddings`] is always [`InferredAnswer::Native`], whichever
/// provider gave it. A stream that was asked for may come whole, as translated chunks, from a
/// server that can't stream.
pub enum InferredAnswer {
    /// The provider's own bytes, in the request's shape, whole.
    Native { body: Bytes, usage: Option<TokenUsage> },
    /// The provider's own events, in the request's shape.
    NativeStream(NativeStream),
    /// In our own shape, streamed or not.
    Translated(GenerationStream),
}

/// The events of a provider's stream. Dropping it closes the connection.
pub type NativeStream = Pin<Box<dyn Stream<Item = Result<NativeEvent, ProviderError>> + Send>>;

/// One server-sent event, as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NativeEvent {
    /// All of its lines, the empty one that ends it included.
    pub bytes: Bytes,
    /// Tokens so far, if it says so; cumulative.
    pub usage: Option<TokenUsage>,
    /// Whether it holds nothing but figures that the client did not ask for.
    pub only_usage: bool,
}

/// Texts to embed.
#[derive(Debug, Clone)]
pub struct EmbeddingRequest {
    pub model: String,
    pub inputs: Vec<String>,
    /// The length of the vectors, for models that can shorten them.
    pub dimensions: Option<u32>,
}

/// One vector per input, in order.
#[derive(Debug, Clone)]
pub struct Embeddings {
    pub model: Arc<Model>,
    pub vectors: Vec<Vec<f32>>,
    pub usage: TokenUsage,
}

#[async_trait]
pub trait Providers: Send + Sync {
    /// The models that the workspace can see, in the order to show them.
    async fn models(&self, scope: &TenantScope) -> Arc<[Arc<Model>]>;

    /// The model of this id; an error says why there is none or why it can't be used.
    async fn model(&self, scope: &TenantScope, id: &str) -> Result<Arc<Model>, ProviderError>;

    /// The model to use when nobody chose one.
    async fn default_model(&self, scope: &TenantScope) -> Result<Arc<Model>, ProviderError>;

    /// The models that [`Providers::stream`] may end up with for this id, the first to be tried
    /// first. For the worst price.
    async fn may_answer(&self, scope: &TenantScope, id: &str) -> Vec<Arc<Model>> {
        self.model(scope, id).await.into_iter().collect()
    }

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

/// What developers ask through the compatible APIs.
#[async_trait]
pub trait Routing: Send + Sync {
    /// Sends what a developer asked for along its route: retries, breakers and fallbacks
    /// before the first token, never after it.
    async fn infer(
        &self,
        scope: &TenantScope,
        inference: Inference,
        cancel: CancellationToken,
    ) -> Result<Inferred, ProviderError>;

    /// The models that a request for this model or route may end up with, the first to be
    /// tried first. For limits and for the worst price.
    async fn candidates(&self, scope: &TenantScope, model: &str) -> Result<Vec<Arc<Model>>, ProviderError>;

    async fn embed(&self, scope: &TenantScope, request: EmbeddingRequest) -> Result<Embeddings, ProviderError>;
}
