//! Servers that list their own models: Ollama and llama.cpp on this machine, an operator's
//! compatible server, OpenRouter.
//!
//! A look never delays the start and is silent when nobody is there: what is absent is just
//! not listed. A configured server that stops answering keeps the list it gave.

use std::time::Duration;

use contracts::providers::{Capabilities, Prices};
use futures_util::{StreamExt as _, stream};
use kernel::PicoUsd;
use reqwest::header::{AUTHORIZATION, HeaderMap};
use serde::Deserialize;

use crate::{
    account::Account,
    client::{Call, Client, Fault, secret},
    model::{Deployment, DeploymentPrices},
};

/// How long a server may take to list its models.
const PATIENCE: Duration = Duration::from_secs(5);
/// Most models that are taken from one server.
const MOST: usize = 2000;

/// A model as its server describes it.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Discovered {
    pub name: String,
    /// For people.
    pub title: Option<String>,
    pub context: Option<u64>,
    pub output_limit: Option<u64>,
    pub capabilities: Capabilities,
    pub reasoning_efforts: &'static [&'static str],
    pub prices: Option<Prices>,
}

impl Discovered {
    /// A model of which nothing but its name is known.
    pub fn named(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    /// A deployment that a workspace's connection names. Its server says what it can't do.
    pub fn deployed(deployment: &Deployment) -> Self {
        Self {
            name: deployment.name.clone(),
            title: deployment.display_name.clone(),
            context: deployment.context_window,
            output_limit: deployment.max_output_tokens,
            capabilities: Capabilities { vision: true, tools: true, structured_output: true, ..Default::default() },
            reasoning_efforts: &[],
            prices: deployment.prices.map(|prices| Prices {
                extra: contracts::providers::ExtraPrices::default(),
                version: "workspace".to_owned(),
                input: DeploymentPrices::per_token(prices.input),
                output: DeploymentPrices::per_token(prices.output),
                cached_input: prices.cached_input.map(DeploymentPrices::per_token),
                cache_write: None,
                reasoning: None,
                tiers: Vec::new(),
            }),
        }
    }
}

/// The models that the account's server lists. `version` names prices that it states.
pub(crate) async fn look(client: &Client, account: &Account, version: &str) -> Result<Vec<Discovered>, Fault> {
    let body =
        client.get(&format!("{}/models", account.base_url), bearer(account), account.own.is_some(), PATIENCE).await?;
    let list: Listing = serde_json::from_slice(&body).map_err(|_| Fault::Protocol("its list of models is none"))?;
    let mut models: Vec<Discovered> =
        list.data.into_iter().take(MOST).filter(Listed::can_chat).map(|listed| listed.read(version)).collect();
    let efforts: &[&str] = match account.provider.id {
        "openrouter" => &["low", "medium", "high"],
        "ollama" => &["none", "low", "medium", "high"],
        _ => &[],
    };
    if account.provider.id == "ollama" {
        let root = account.base_url.trim_end_matches("/v1");
        models = stream::iter(models).map(|model| describe(client, root, model)).buffered(4).collect().await;
    }
    for model in models.iter_mut().filter(|model| model.capabilities.reasoning) {
        model.reasoning_efforts = efforts;
    }
    Ok(models)
}

/// The key as OpenAI's interfaces want it.
pub(crate) fn bearer(account: &Account) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if let Some(key) = account.key() {
        secret(&mut headers, AUTHORIZATION, &format!("Bearer {key}"));
    }
    headers
}

#[derive(Deserialize)]
struct Listing {
    data: Vec<Listed>,
}

/// One line of `GET /models`, with what OpenRouter, vLLM, Mistral, Groq and llama.cpp add.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Listed {
    id: String,
    name: Option<String>,
    #[serde(alias = "max_model_len", alias = "context_window", alias = "max_context_length")]
    context_length: Option<u64>,
    top_provider: TopProvider,
    architecture: Architecture,
    supported_parameters: Vec<String>,
    pricing: Option<Pricing>,
    meta: Meta,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct TopProvider {
    max_completion_tokens: Option<u64>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Architecture {
    input_modalities: Vec<String>,
    output_modalities: Vec<String>,
}

/// USD per token, as decimal strings.
#[derive(Deserialize)]
struct Pricing {
    prompt: String,
    completion: String,
    input_cache_read: Option<String>,
    input_cache_write: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Meta {
    n_ctx: Option<u64>,
    n_ctx_train: Option<u64>,
}

impl Listed {
    fn can_chat(&self) -> bool {
        let says = &self.architecture.output_modalities;
        let embeds = self.id.contains("embed") || self.id.contains("rerank");
        !self.id.is_empty() && !embeds && (says.is_empty() || says.iter().any(|kind| kind == "text"))
    }

    fn read(self, version: &str) -> Discovered {
        let takes = |kind: &str| self.architecture.input_modalities.iter().any(|modality| modality == kind);
        let supports = |name: &str| self.supported_parameters.iter().any(|parameter| parameter == name);
        Discovered {
            capabilities: Capabilities {
                vision: takes("image"),
                tools: supports("tools"),
                reasoning: supports("reasoning"),
                pdf: false,
                structured_output: supports("structured_outputs"),
            },
            context: self.context_length.or(self.meta.n_ctx).or(self.meta.n_ctx_train),
            output_limit: self.top_provider.max_completion_tokens,
            reasoning_efforts: &[],
            prices: self.pricing.and_then(|pricing| pricing.read(version)),
            title: self.name.filter(|name| !name.is_empty()),
            name: self.id,
        }
    }
}

impl Pricing {
    fn read(&self, version: &str) -> Option<Prices> {
        let price = |text: &str| text.parse::<PicoUsd>().ok().filter(|price| price.units() >= 0);
        Some(Prices {
            extra: contracts::providers::ExtraPrices::default(),
            version: version.to_owned(),
            input: price(&self.prompt)?,
            output: price(&self.completion)?,
            cached_input: self.input_cache_read.as_deref().and_then(price),
            cache_write: self.input_cache_write.as_deref().and_then(price),
            reasoning: None,
            tiers: Vec::new(),
        })
    }
}

/// What Ollama's `POST /api/show` tells of a model.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Shown {
    capabilities: Vec<String>,
    model_info: serde_json::Map<String, serde_json::Value>,
}

async fn describe(client: &Client, root: &str, mut model: Discovered) -> Discovered {
    let question = serde_json::json!({ "model": model.name });
    let Ok(call) = Call::json(format!("{root}/api/show"), HeaderMap::new(), &question) else { return model };
    let Ok(body) = client.ask(call, PATIENCE).await else { return model };
    let shown: Shown = serde_json::from_slice(&body).unwrap_or_default();
    let can = |name: &str| shown.capabilities.iter().any(|capability| capability == name);
    model.capabilities = Capabilities {
        vision: can("vision"),
        tools: can("tools"),
        reasoning: can("thinking"),
        ..Capabilities::default()
    };
    let length = shown.model_info.iter().find(|(key, _)| key.ends_with(".context_length"));
    model.context = length.and_then(|(_, value)| value.as_u64()).or(model.context);
    model
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_servers_say_about_their_models() {
        let json = r#"{"object": "list", "data": [
            {"id": "meta/llama", "name": "Meta: Llama", "context_length": 131072,
             "architecture": {"input_modalities": ["text", "image"], "output_modalities": ["text"]},
             "pricing": {"prompt": "0.00000025", "completion": "0.000001", "request": "0"},
             "top_provider": {"max_completion_tokens": 8192}, "supported_parameters": ["tools"]},
            {"id": "auto", "pricing": {"prompt": "-1", "completion": "-1"}},
            {"id": "Qwen/Qwen3", "object": "model", "max_model_len": 32768},
            {"id": "gguf", "meta": {"n_ctx_train": 4096}},
            {"id": "nomic-embed-text"}
        ]}"#;
        let list: Listing = serde_json::from_str(json).unwrap();
        let models: Vec<Discovered> =
            list.data.into_iter().filter(Listed::can_chat).map(|listed| listed.read("2026-11-21")).collect();
        assert_eq!(models.len(), 4);
        assert_eq!(models[0].title.as_deref(), Some("Meta: Llama"));
        assert!(models[0].capabilities.vision && models[0].capabilities.tools);
        assert_eq!(models[0].prices.as_ref().unwrap().input.per_million().to_string(), "0.25");
        assert_eq!(models[1].prices, None);
        assert_eq!(models[2].context, Some(32768));
        assert_eq!(models[3].context, Some(4096));
    }
}
