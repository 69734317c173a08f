//! The providers this crate knows: their names, addresses and variables.

use std::sync::Arc;

use kernel::ConnectionId;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::{breaker::Breaker, config::Config, model::Connection};

/// The interface that a model is called through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Api {
    /// OpenAI Chat Completions, which most of the field imitates.
    Chat,
    /// OpenAI Responses.
    Responses,
    /// Anthropic Messages.
    Messages,
    /// Gemini `generateContent`.
    Generate,
    /// The demo provider, in this process.
    Demo,
}

/// What is fixed about a provider.
#[derive(Debug)]
pub struct Provider {
    pub id: &'static str,
    pub name: &'static str,
    /// Environment variables that may hold the key, the customary one first.
    pub key_vars: &'static [&'static str],
    /// Environment variables that may hold another address.
    pub base_vars: &'static [&'static str],
    /// The address that the paths of the interface are added to; empty: it must be configured.
    pub base_url: &'static str,
    /// Added to an address that an operator gave without a path.
    pub base_path: &'static str,
    pub api: Api,
    /// Whether nothing but an address is needed.
    pub keyless: bool,
}

/// All of them, in the order to show them.
pub const ALL: &[Provider] = &[
    Provider {
        id: "openai",
        name: "OpenAI",
        key_vars: &["OPENAI_API_KEY"],
        base_vars: &["OPENAI_BASE_URL"],
        base_url: "https://api.openai.com/v1",
        base_path: "/v1",
        api: Api::Chat,
        keyless: false,
    },
    Provider {
        id: "anthropic",
        name: "Anthropic",
        key_vars: &["ANTHROPIC_API_KEY"],
        base_vars: &["ANTHROPIC_BASE_URL"],
        base_url: "https://api.anthropic.com/v1",
        base_path: "/v1",
        api: Api::Messages,
        keyless: false,
    },
    Provider {
        id: "gemini",
        name: "Google Gemini",
        key_vars: &["GEMINI_API_KEY", "GOOGLE_API_KEY"],
        base_vars: &["GEMINI_BASE_URL", "GOOGLE_GEMINI_BASE_URL"],
        base_url: "https://generativelanguage.googleapis.com/v1beta",
        base_path: "/v1beta",
        api: Api::Generate,
        keyless: false,
    },
    compatible("xai", "xAI", &["XAI_API_KEY"], &["XAI_BASE_URL"], "https://api.x.ai/v1", "/v1"),
    compatible("mistral", "Mistral", &["MISTRAL_API_KEY"], &["MISTRAL_BASE_URL"], "https://api.mistral.ai/v1", "/v1"),
    compatible("deepseek", "DeepSeek", &["DEEPSEEK_API_KEY"], &["DEEPSEEK_BASE_URL"], "https://api.deepseek.com", ""),
    compatible("groq", "Groq", &["GROQ_API_KEY"], &["GROQ_BASE_URL"], "https://api.groq.com/openai/v1", "/openai/v1"),
    compatible(
        "cerebras",
        "Cerebras",
        &["CEREBRAS_API_KEY"],
        &["CEREBRAS_BASE_URL"],
        "https://api.cerebras.ai/v1",
        "/v1",
    ),
    compatible(
        "cohere",
        "Cohere",
        &["COHERE_API_KEY", "CO_API_KEY"],
        &["COHERE_BASE_URL"],
        "https://api.cohere.ai/compatibility/v1",
        "/compatibility/v1",
    ),
    compatible(
        "perplexity",
        "Perplexity",
        &["PERPLEXITY_API_KEY", "PPLX_API_KEY"],
        &["PERPLEXITY_BASE_URL"],
        "https://api.perplexity.ai",
        "",
    ),
    compatible(
        "openrouter",
        "OpenRouter",
        &["OPENROUTER_API_KEY"],
        &["OPENROUTER_BASE_URL"],
        "https://openrouter.ai/api/v1",
        "/api/v1",
    ),
    compatible(
        "azure",
        "Azure OpenAI",
        &["AZURE_OPENAI_API_KEY"],
        &["AZURE_OPENAI_BASE_URL", "AZURE_OPENAI_ENDPOINT"],
        "",
        "/openai/v1",
    ),
    Provider { keyless: true, ..compatible("compatible", "Compatible server", &[], &[], "", "/v1") },
    Provider {
        keyless: true,
        ..compatible("ollama", "Ollama", &["OLLAMA_API_KEY"], &["OLLAMA_BASE_URL"], "http://127.0.0.1:11434/v1", "/v1")
    },
    Provider {
        keyless: true,
        ..compatible(
            "llamacpp",
            "llama.cpp",
            &["LLAMA_API_KEY"],
            &["LLAMACPP_BASE_URL"],
            "http://127.0.0.1:8080/v1",
            "/v1",
        )
    },
];

const fn compatible(
    id: &'static str,
    name: &'static str,
    key_vars: &'static [&'static str],
    base_vars: &'static [&'static str],
    base_url: &'static str,
    base_path: &'static str,
) -> Provider {
    Provider { id, name, key_vars, base_vars, base_url, base_path, api: Api::Chat, keyless: false }
}

/// The provider of this id.
pub(crate) fn provider(id: &str) -> Option<&'static Provider> {
    ALL.iter().find(|provider| provider.id == id)
}

/// A provider as it is configured here.
#[derive(Debug)]
pub struct Account {
    pub provider: &'static Provider,
    pub name: String,
    key: Option<SecretString>,
    /// Without a slash at its end.
    pub base_url: String,
    /// Whether an operator gave the address.
    pub custom: bool,
    /// One of OpenAI's interfaces, forced by configuration.
    pub api: Option<Api>,
    pub(crate) breaker: Arc<Breaker>,
    /// The connection of a workspace that it comes from, whose address is not the operator's;
    /// none: it is that of the installation.
    pub(crate) own: Option<Own>,
}

/// What an account of a workspace has besides.
#[derive(Debug)]
pub(crate) struct Own {
    pub connection: ConnectionId,
    /// Its name, for people.
    pub name: String,
}

impl Account {
    /// The configured account; an address that is none is an error that names its setting.
    pub fn new(provider: &'static Provider, config: &Config) -> Result<Self, String> {
        let settings = config.accounts.get(provider.id).cloned().unwrap_or_default();
        let custom = settings.base_url.is_some();
        let base_url = match &settings.base_url {
            Some(text) => normalize(text, provider.base_path)
                .ok_or_else(|| format!("providers.{}.base_url: not an http(s) address", provider.id))?,
            None => provider.base_url.to_owned(),
        };
        Ok(Self {
            provider,
            name: settings.name.unwrap_or_else(|| provider.name.to_owned()),
            key: settings.api_key,
            base_url,
            custom,
            api: settings.api,
            breaker: Breaker::new(provider.id, config.breaker),
            own: None,
        })
    }

    /// That of a workspace's connection; none if its address is no address.
    pub(crate) fn of_connection(
        provider: &'static Provider,
        connection: &Connection,
        key: Option<SecretString>,
        breaker: Arc<Breaker>,
    ) -> Option<Self> {
        let base_url = match &connection.base_url {
            Some(text) => normalize(text, provider.base_path)?,
            None => provider.base_url.to_owned(),
        };
        let unnamed = provider.base_url.is_empty();
        Some(Self {
            provider,
            name: if unnamed { connection.name.clone() } else { provider.name.to_owned() },
            key,
            base_url,
            custom: connection.base_url.is_some(),
            api: None,
            breaker,
            own: Some(Own { connection: connection.id, name: connection.name.clone() }),
        })
    }

    /// The key, to put into a header and nowhere else.
    pub fn key(&self) -> Option<&str> {
        self.key.as_ref().map(ExposeSecret::expose_secret)
    }

    /// Whether requests can be sent.
    pub fn ready(&self) -> bool {
        !self.base_url.is_empty() && (self.key.is_some() || self.provider.keyless || self.custom_open())
    }

    /// What a person must do before requests can be sent.
    pub fn missing(&self) -> Option<String> {
        if self.ready() {
            return None;
        }
        if let Some(own) = &self.own {
            return Some(format!("The connection “{}” has no key or no address.", own.name));
        }
        let key = self.provider.key_vars.first().unwrap_or(&"");
        Some(match self.provider.base_vars.last() {
            Some(address) if self.base_url.is_empty() => {
                format!("Set {key} and {address} to use {}.", self.name)
            }
            _ => format!("Set {key} to use {}.", self.name),
        })
    }

    /// The setting that holds the key, to name in messages.
    pub fn key_setting(&self) -> String {
        if let Some(own) = &self.own {
            return format!("the key of the connection “{}”", own.name);
        }
        self.provider.key_vars.first().map_or_else(
            || format!("PARLANCE_PROVIDERS__{}__API_KEY", self.provider.id.to_uppercase()),
            |name| (*name).to_owned(),
        )
    }

    /// Whether models beyond the catalogue's are looked up at the address.
    pub fn lists_models(&self) -> bool {
        self.ready()
            && self.provider.api == Api::Chat
            && (self.custom || self.provider.keyless || self.provider.id == "openrouter")
            && self.provider.id != "azure"
    }

    /// An operator's own OpenAI-compatible address often wants no key.
    fn custom_open(&self) -> bool {
        self.custom && self.provider.id == "openai"
    }
}

/// An http(s) address without a slash at its end, `path` added where it has none.
pub(crate) fn normalize(text: &str, path: &str) -> Option<String> {
    let text = text.trim();
    let with_scheme = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    let url = url::Url::parse(&with_scheme).ok()?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return None;
    }
    let base = url.as_str().trim_end_matches('/');
    Some(if url.path() == "/" { format!("{base}{path}") } else { base.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_get_the_path_their_interface_needs() {
        for (given, path, full) in [
            ("http://localhost:8000", "/v1", "http://localhost:8000/v1"),
            ("http://localhost:8000/v1/", "/v1", "http://localhost:8000/v1"),
            ("127.0.0.1:11434", "/v1", "http://127.0.0.1:11434/v1"),
            ("https://gateway.example/openai/", "/v1", "https://gateway.example/openai"),
        ] {
            assert_eq!(normalize(given, path).as_deref(), Some(full));
        }
        assert_eq!(normalize("ftp://example.org", ""), None);
        assert_eq!(normalize("http://", ""), None);
    }
}
