//! OpenAI Chat Completions, and everything that imitates it.
//!
//! Source: <https://platform.openai.com/docs/api-reference/chat>, and the documentation of
//! each imitator for what a [`Dialect`] says about it. Reasoning comes as `reasoning_content`
//! (DeepSeek, llama.cpp), `reasoning` (Groq, OpenRouter, Ollama; vLLM sends both) or as
//! `thinking` parts of the content (Mistral).

mod decode;
mod request;

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

pub(crate) use self::decode::decoder;

/// How one imitator differs.
pub(crate) struct Dialect {
    /// The name of the field with the most tokens of output.
    pub most_tokens: &'static str,
    /// Whether usage in a stream must be asked for (and may be: some refuse unknown fields).
    pub asks_usage: bool,
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
            effort: |body, effort| _ = body.insert("reasoning_effort".to_owned(), effort.into()),
            always: |_, _| {},
        }
    }

    fn of(provider: &str) -> Self {
        match provider {
            "openai" | "azure" | "cerebras" => Self { most_tokens: "max_completion_tokens", ..Self::usual() },
            "groq" => groq::DIALECT,
            "mistral" | "perplexity" => Self { asks_usage: false, ..Self::usual() },
            "deepseek" => Self { effort: deepseek_effort, ..Self::usual() },
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
    let body = request::body(entry, &Dialect::of(account.provider.id), request);
    let call = Call::json(format!("{}/chat/completions", account.base_url), headers(account), &body)?;
    Ok((call, decoder()))
}
