//! What an operator may set: keys, addresses, prices, limits.
//!
//! Keys and addresses have customary environment names, which [`Config::customary`] reads;
//! everything else stands under `[providers]` in `parlance.toml`. Keys are [`SecretString`]s:
//! they print as `[REDACTED]` and are wiped when dropped.

use std::{collections::BTreeMap, time::Duration};

use ipnet::IpNet;
use kernel::PicoUsd;
use outbound::Guard;
use secrecy::SecretString;
use serde::Deserialize;

use crate::account::{self, Api};

/// The `[providers]` section. Every field has a default: without any, the demo provider and
/// whatever local server is found make up the catalogue's usable part.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Config {
    /// Keys and addresses by provider, directly in the section: `[providers.openai]`.
    /// `compatible` is any server that speaks OpenAI's Chat Completions; its `base_url`
    /// switches it on. Other names than those of [`account::ALL`] stop the start.
    #[serde(flatten)]
    pub accounts: BTreeMap<String, Account>,
    pub demo: Demo,
    pub discovery: Discovery,
    /// The model to preselect. Absent: chosen by [`crate::default`]'s rule.
    pub default_model: Option<String>,
    /// Models of the operator, and changes to those of the catalogue, by id.
    pub models: BTreeMap<String, ModelConfig>,
    /// Models to try, in order, when one can't answer: id → ids.
    pub fallbacks: BTreeMap<String, Vec<String>>,
    /// The same for every model that has none of its own.
    pub default_fallbacks: DefaultFallbacks,
    pub timeouts: Timeouts,
    /// When a provider that keeps failing is left alone.
    pub breaker: Breaker,
    /// The keys that workspaces' own provider keys are sealed under, 32 bytes in Base64 each:
    /// the first seals, all of them open. Absent: one in the data folder, made at the first start.
    pub master_keys: Vec<SecretString>,
    /// Networks beyond the public internet that workspaces' own addresses may lie in.
    pub allowed_networks: Vec<IpNet>,
    /// Whether workspaces' own addresses may lie in any network at all.
    pub allow_private_addresses: bool,
}

/// How to reach one provider.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Account {
    pub api_key: Option<SecretString>,
    /// Another address than the provider's own.
    pub base_url: Option<String>,
    /// For people, instead of the provider's name.
    pub name: Option<String>,
    /// Forces one of OpenAI's two interfaces.
    pub api: Option<Api>,
}

/// Looking for Ollama and llama.cpp on this machine.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Discovery {
    pub enabled: bool,
    /// Seconds from one look to the next.
    pub interval: u64,
}

impl Default for Discovery {
    fn default() -> Self {
        Self { enabled: true, interval: 30 }
    }
}

/// When a provider is left alone.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Breaker {
    pub enabled: bool,
    /// Of the calls in the window, how many in a hundred must fail.
    pub failure_percent: u32,
    /// Fewer calls than this in the window say nothing.
    pub least_calls: u32,
    /// Seconds.
    pub window: u64,
    /// Seconds of the first rest; it doubles with each probe that fails, up to two minutes.
    pub rest: u64,
}

impl Default for Breaker {
    fn default() -> Self {
        Self { enabled: true, failure_percent: 50, least_calls: 10, window: 30, rest: 10 }
    }
}

/// The provider that needs no key.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Demo {
    pub enabled: bool,
    /// The pause between two chunks, in milliseconds.
    pub chunk_delay_ms: u64,
}

impl Default for Demo {
    fn default() -> Self {
        Self { enabled: true, chunk_delay_ms: 15 }
    }
}

/// A model that the operator adds or changes. Absent fields keep what the catalogue says.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ModelConfig {
    pub name: Option<String>,
    /// Takes the model out of the catalogue.
    pub hidden: bool,
    pub context_window: Option<u64>,
    pub max_output_tokens: Option<u64>,
    pub vision: Option<bool>,
    pub tools: Option<bool>,
    pub reasoning: Option<bool>,
    pub pdf: Option<bool>,
    pub structured_output: Option<bool>,
    pub reasoning_efforts: Option<Vec<String>>,
    /// Replaces all prices of the model.
    pub prices: Option<PricesConfig>,
    /// Whether to stream its answers; false for servers that can't.
    pub stream: Option<bool>,
    /// Which of OpenAI's two interfaces the model takes.
    pub api: Option<Api>,
}

/// Prices in USD per million tokens, as decimal strings: `"2.5"`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PricesConfig {
    pub input: PerMillion,
    pub output: PerMillion,
    pub cached_input: Option<PerMillion>,
    pub cache_write: Option<PerMillion>,
    pub reasoning: Option<PerMillion>,
}

/// A price in USD per million tokens, kept per token.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
pub struct PerMillion(pub PicoUsd);

impl TryFrom<String> for PerMillion {
    type Error = String;
    /// A millionth of a dollar is a million pico-dollars, so six decimals are exact.
    fn try_from(text: String) -> Result<Self, String> {
        let dollars: kernel::NanoUsd = text.parse().map_err(|error| format!("{text}: {error}"))?;
        if dollars.units() % 1000 != 0 || dollars.units() < 0 {
            return Err(format!("{text}: a price per million tokens has at most six decimals"));
        }
        Ok(Self(PicoUsd::new(dollars.units() / 1000)))
    }
}

/// Models to try, in order, when the model that was asked can't answer, by what was asked.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DefaultFallbacks {
    /// For requests without images.
    pub chat: Vec<String>,
    /// For requests with images.
    pub vision: Vec<String>,
    /// For vectors. Those of different models can't be compared: name only other ways to one model.
    pub embeddings: Vec<String>,
}

impl DefaultFallbacks {
    pub(crate) fn is_empty(&self) -> bool {
        self.chat.is_empty() && self.vision.is_empty() && self.embeddings.is_empty()
    }
}

/// How long to wait for a provider, in seconds. A model that reasons may think in silence:
/// for it, and for an answer that is not streamed, the first byte and the next may take five
/// times as long.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Timeouts {
    pub connect: u64,
    /// From the request to the first byte of the answer.
    pub first_byte: u64,
    /// Between two pieces of the answer.
    pub between_chunks: u64,
    /// For the whole answer.
    pub total: u64,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: 10, first_byte: 60, between_chunks: 60, total: 1800 }
    }
}

impl Timeouts {
    pub(crate) fn connect(self) -> Duration {
        Duration::from_secs(self.connect)
    }
    pub(crate) fn first_byte(self) -> Duration {
        Duration::from_secs(self.first_byte)
    }
    pub(crate) fn between_chunks(self) -> Duration {
        Duration::from_secs(self.between_chunks)
    }
    pub(crate) fn total(self) -> Duration {
        Duration::from_secs(self.total)
    }
}

impl Config {
    /// Which addresses are called for workspaces.
    pub fn guard(&self) -> Guard {
        Guard { open: self.allow_private_addresses, allowed: self.allowed_networks.clone().into() }
    }

    /// Takes the customary names (`OPENAI_API_KEY`, `OPENAI_BASE_URL`, …) that `variable`
    /// knows; as all of the environment, they win over the file. Empty values count as absent.
    #[must_use]
    pub fn customary(mut self, variable: impl Fn(&str) -> Option<String>) -> Self {
        let read =
            |names: &[&str]| names.iter().find_map(|name| variable(name).filter(|value| !value.trim().is_empty()));
        for provider in account::ALL {
            let found = (read(provider.key_vars), read(provider.base_vars));
            if found == (None, None) {
                continue;
            }
            let account = self.accounts.entry(provider.id.to_owned()).or_default();
            if let Some(key) = found.0 {
                account.api_key = Some(key.trim().into());
            }
            if let Some(base_url) = found.1 {
                account.base_url = Some(base_url);
            }
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret as _;

    #[test]
    fn customary_names_win_over_the_file() {
        let file = r#"{"openai": {"api_key": "from-file"}, "mistral": {"api_key": "kept"}}"#;
        let config: Config = serde_json::from_str(file).unwrap();
        let config = config.customary(|name| match name {
            "OPENAI_API_KEY" => Some("from-env".into()),
            "ANTHROPIC_API_KEY" => Some(" trimmed\n".into()),
            "GROQ_API_KEY" => Some(String::new()),
            _ => None,
        });
        let key = |id: &str| config.accounts[id].api_key.as_ref().unwrap().expose_secret().to_owned();
        assert_eq!(key("openai"), "from-env");
        assert_eq!(key("mistral"), "kept");
        assert_eq!(key("anthropic"), "trimmed");
        assert!(!config.accounts.contains_key("groq"));
        assert!(!format!("{config:?}").contains("from-env"));
    }

    #[test]
    fn prices_per_million_are_exact() {
        let price = PerMillion::try_from("2.5".to_owned()).unwrap();
        assert_eq!(price.0.to_string(), "0.0000025");
        for text in ["-1", "0.0000001", "1e3", ""] {
            assert!(PerMillion::try_from(text.to_owned()).is_err(), "{text}");
        }
    }

    #[test]
    fn unknown_keys_are_refused() {
        for json in [r#"{"openai": {"apikey": "x"}}"#, r#"{"demo": {"speed": 1}}"#, r#"{"speed": 1}"#] {
            assert!(serde_json::from_str::<Config>(json).is_err(), "{json}");
        }
    }
}
