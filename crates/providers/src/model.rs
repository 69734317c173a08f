//! Routes and connections: what a workspace sets for its own models.

use kernel::{ConnectionId, NanoUsd, PicoUsd, RouteId, Timestamp};
use serde::{Deserialize, Serialize};

/// How a route chooses among its targets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RouteStrategy)]
pub enum Strategy {
    /// The first that fits; the others take over in order.
    Ordered,
    /// By chance, as often as its weight says; the others take over likewise.
    Weighted,
}

impl Strategy {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Ordered => "ordered",
            Self::Weighted => "weighted",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [Self::Ordered, Self::Weighted].into_iter().find(|strategy| strategy.as_str() == name)
    }
}

/// A model of a route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = RouteTarget)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// The id of a model.
    #[schema(min_length = 1, max_length = 200, example = "openai/gpt-5.2")]
    pub model: String,
    /// How often it is chosen, next to the others; only for `weighted`.
    #[serde(default = "one")]
    #[schema(minimum = 1, maximum = 1000, default = 1)]
    pub weight: u32,
    /// For which requests; null: for all.
    #[serde(default)]
    #[schema(required)]
    pub when: Option<Condition>,
}

const fn one() -> u32 {
    1
}

/// What a request must be like. What is absent or null does not matter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = RouteCondition)]
#[serde(deny_unknown_fields, default)]
pub struct Condition {
    /// It has at most so many tokens of input, by our estimate.
    #[schema(minimum = 1, example = 32_000)]
    pub max_input_tokens: Option<u64>,
    /// Whether it has images.
    pub needs_vision: Option<bool>,
    /// Whether it has tools.
    pub needs_tools: Option<bool>,
    /// Whether its answer is streamed.
    pub stream: Option<bool>,
}

/// What a request is like.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    pub input_tokens: u64,
    pub vision: bool,
    pub tools: bool,
    pub stream: bool,
}

impl Condition {
    pub(crate) fn fits(&self, facts: &Facts) -> bool {
        self.max_input_tokens.is_none_or(|most| facts.input_tokens <= most)
            && self.needs_vision.is_none_or(|needs| facts.vision == needs)
            && self.needs_tools.is_none_or(|needs| facts.tools == needs)
            && self.stream.is_none_or(|stream| facts.stream == stream)
    }
}

/// A model name of the workspace's own that stands for a list of models.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Route {
    pub id: RouteId,
    #[schema(example = "fast")]
    pub name: String,
    pub description: String,
    pub strategy: Strategy,
    pub targets: Vec<Target>,
    /// Whether a client that leaves ends the provider's answer.
    pub abort_on_disconnect: bool,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// A route as somebody writes it.
#[derive(Debug, Clone)]
pub struct NewRoute {
    pub name: String,
    pub description: String,
    pub strategy: Strategy,
    pub targets: Vec<Target>,
    pub abort_on_disconnect: bool,
}

/// Fields that are left out stay as they are.
#[derive(Debug, Clone, Default)]
pub struct RouteChange {
    pub name: Option<String>,
    pub description: Option<String>,
    pub strategy: Option<Strategy>,
    pub targets: Option<Vec<Target>>,
    pub abort_on_disconnect: Option<bool>,
}

/// A model of an own deployment, which the catalogue does not have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Deployment {
    /// What its server calls it.
    #[schema(min_length = 1, max_length = 200, example = "llama-4-maverick")]
    pub name: String,
    /// For people; null: the name.
    #[serde(default)]
    #[schema(required, max_length = 80)]
    pub display_name: Option<String>,
    #[serde(default)]
    #[schema(required, minimum = 1, example = 128_000)]
    pub context_window: Option<u64>,
    #[serde(default)]
    #[schema(required, minimum = 1, example = 8192)]
    pub max_output_tokens: Option<u64>,
    /// Null: unpriced.
    #[serde(default)]
    #[schema(required)]
    pub prices: Option<DeploymentPrices>,
}

/// US dollars per million tokens, as decimal text with at most six decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeploymentPrices {
    #[schema(example = "0.5")]
    pub input: NanoUsd,
    #[schema(example = "1.5")]
    pub output: NanoUsd,
    /// Null: as input.
    #[serde(default)]
    #[schema(required)]
    pub cached_input: Option<NanoUsd>,
}

impl DeploymentPrices {
    /// Whether they are none below zero, and whole pico-dollars per token.
    pub(crate) fn are_exact(&self) -> bool {
        let amounts = [Some(self.input), Some(self.output), self.cached_input];
        amounts.into_iter().flatten().all(|amount| amount.units() >= 0 && amount.units() % 1000 == 0)
    }

    pub(crate) fn per_token(amount: NanoUsd) -> PicoUsd {
        PicoUsd::new(amount.units() / 1000)
    }
}

/// A workspace's own way to a provider, as the API shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Connection {
    pub id: ConnectionId,
    #[schema(example = "openai")]
    pub provider: String,
    #[schema(example = "Our OpenAI account")]
    pub name: String,
    /// Null: the provider's own address.
    #[schema(required)]
    pub base_url: Option<String>,
    /// The end of the key, which itself is never shown; null: there is none.
    #[schema(required, example = "…a1b2")]
    pub key_hint: Option<String>,
    pub enabled: bool,
    /// Deployments that the catalogue does not have.
    pub models: Vec<Deployment>,
    pub created_at: Timestamp,
}

/// A connection with its sealed key.
#[derive(Debug, Clone)]
pub(crate) struct StoredConnection {
    pub shown: Connection,
    pub sealed_key: Option<Vec<u8>>,
}

/// A connection as somebody writes it.
pub struct NewConnection {
    pub provider: String,
    pub name: String,
    pub base_url: Option<String>,
    pub key: Option<secrecy::SecretString>,
    pub enabled: bool,
    pub models: Vec<Deployment>,
}

/// Fields that are left out stay as they are.
#[derive(Default)]
#[allow(clippy::option_option, reason = "absent, null and a value are three things")]
pub struct ConnectionChange {
    pub name: Option<String>,
    pub base_url: Option<Option<String>>,
    pub key: Option<Option<secrecy::SecretString>>,
    pub enabled: Option<bool>,
    pub models: Option<Vec<Deployment>>,
}

/// What came of trying a connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ConnectionTest {
    pub ok: bool,
    /// What happened, in a sentence.
    #[schema(example = "OpenAI answered and lists 84 models.")]
    pub message: String,
    pub latency_ms: u64,
}
