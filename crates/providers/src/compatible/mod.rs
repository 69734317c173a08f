//! OpenAI Chat Completions, and everything that imitates it.
//!
//! Source: <https://platform.openai.com/docs/api-reference/chat>, and the documentation of
//! each imitator for what a [`Dialect`] says about it. Reasoning comes as `reasoning_content`
//! (DeepSeek, llama.cpp), `reasoning` (Groq, OpenRouter, Ollama; vLLM sends both) or as
//! `thinking` parts of the content (Mistral).

mod decode;
mod request;
mod tune;

use contracts::providers::GenerationRequest;
use reqwest::header::{HeaderMap, HeaderName};
use serde_json::{Map, Value, json};

use crate::{
    account::Account,
    adapter::Decoder,
    client::{Call, Fault, secret},
    discovery::bearer,
    groq,
    registry::Entry,
};

pub(crate) use self::decode::{Usage, XGroq, decoder};

/// How one imitator differs.
pub(crate) struct Dialect {
    /// The name of the field with the most tokens of output.
    pub most_tokens: &'static str,
    /// Whether usage in a stream must be asked for (and may be: some refuse unknown fields).
    pub asks_usage: bool,
    /// Settings of OpenAI's, and others in use, that its documentation does not have.
    pub lacks: &'static [&'static str],
    /// What it calls the seed.
    pub seed: &'static str,
    /// Sets the reasoning effort, `none` included.
    pub effort: fn(&mut Map<String, Value>, &str),
    /// Fields that every request has.
    pub always: fn(&Entry, &mut Map<String, Value>),
}

impl Dialect {
    pub const fn usual() -> Self {
        Self {
            most_tokens: "max_tokens",
            asks_usage: true,
            lacks: &[],
            seed: "seed",
            effort: |body, effort| _ = body.insert("reasoning_effort".to_owned(), effort.into()),
            always: |_, _| {},
        }
    }

    pub fn of(provider: &str) -> Self {
        match provider {
            "openai" | "azure" => Self { most_tokens: "max_completion_tokens", lacks: &["top_k"], ..Self::usual() },
            "cerebras" => Self {
                most_tokens: "max_completion_tokens",
                lacks: &["top_k", "frequency_penalty", "presence_penalty"],
                ..Self::usual()
            },
            "groq" => groq::DIALECT,
            "xai" => Self { lacks: &["top_k"], ..Self::usual() },
            "mistral" => Self { asks_usage: false, seed: "random_seed", lacks: &["top_k", "user"], ..Self::usual() },
            "perplexity" => Self {
                asks_usage: false,
                lacks: &["seed", "stop", "parallel_tool_calls", "tool_choice", "user"],
                ..Self::usual()
            },
            "cohere" => Self { lacks: &["top_k", "parallel_tool_calls", "user"], ..Self::usual() },
            "deepseek" => Self {
                effort: deepseek_effort,
                lacks: &["top_k", "seed", "parallel_tool_calls", "json_schema", "user"],
                ..Self::usual()
            },
            "openrouter" => Self {
                effort: |body, effort| _ = body.insert("reasoning".to_owned(), json!({ "effort": effort })),
                ..Self::usual()
            },
            _ => Self::usual(),
        }
    }
}

/// DeepSeek switches thinking with a field of its own.
fn deepseek_effort(body: &mut Map<String, Value>, effort: &str) {
    let kind = if effort == "none" { "disabled" } else { "enabled" };
    body.insert("thinking".to_owned(), json!({ "type": kind }));
    if effort != "none" {
        body.insert("reasoning_effort".to_owned(), effort.into());
    }
}

/// The key where the provider wants it.
pub(crate) fn headers(account: &Account) -> HeaderMap {
    if account.provider.id != "azure" {
        return bearer(account);
    }
    let mut headers = HeaderMap::new();
    if let Some(key) = account.key() {
        secret(&mut headers, HeaderName::from_static("api-key"), key);
    }
    headers
}

pub(crate) fn prepare(
    entry: &Entry,
    account: &Account,
    request: &GenerationRequest,
) -> Result<(Call, Box<dyn Decoder>), Fault> {
    let body = request::body(entry, &Dialect::of(account.provider.id), request)?;
    let call = Call::json(format!("{}/chat/completions", account.base_url), headers(account), &body)?;
    Ok((call, decoder()))
}
