//! Providers: the models, their prices, and the way to their answers.
//!
//! One internal shape for all ([`contracts::providers`]); an adapter per wire format in a
//! folder of its own translates it ([`openai`], [`anthropic`], [`gemini`], [`groq`],
//! [`compatible`], [`demo`]), and shares the client, the retries and the error texts.
//!
//! Invariants: a key never leaves the headers of a request to its own provider; every stream
//! ends in bounded time; usage counts each token once, as [`contracts::providers::TokenUsage`]
//! says; a retry or a fallback never follows a chunk that was handed out.
//!
//! Deliberately absent: tenants' own keys, breakers, caches, routing by load.

pub mod account;
mod adapter;
mod anthropic;
pub mod catalogue;
mod choose;
mod client;
mod compatible;
pub mod config;
mod demo;
mod discovery;
mod error;
mod gemini;
mod generate;
mod groq;
mod http;
mod openai;
mod registry;
mod surrogates;
mod tokens;

use std::{
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};

use async_trait::async_trait;
use contracts::providers::{Generation, GenerationRequest, Model, ProviderError};
use kernel::{Env, Tasks, TenantScope};
use tokio_util::sync::CancellationToken;

use self::{
    account::Account,
    client::Client,
    registry::{Discoveries, Entry, Registry, Snapshot},
};
pub use self::{config::Config, http::routes};

/// The providers can't be set up; says which setting is wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0}")]
    Setting(String),
    #[error("the embedded catalogue of models is broken: {0}")]
    Catalogue(String),
}

/// The service. A clone is another handle to it.
#[derive(Clone)]
pub struct Providers {
    inner: Arc<Inner>,
}

struct Inner {
    env: Env,
    tasks: Tasks,
    client: Client,
    tokenizers: tokens::Tokenizers,
    registry: Registry,
    discoveries: Mutex<Discoveries>,
    snapshot: RwLock<Arc<Snapshot>>,
}

impl Providers {
    /// Reads the embedded catalogue and checks the settings. Does no IO.
    pub fn new(env: Env, tasks: Tasks, config: Config) -> Result<Self, Error> {
        let known = |id: &str| account::ALL.iter().any(|provider| provider.id == id);
        if let Some(id) = config.accounts.keys().find(|id| !known(id)) {
            return Err(Error::Setting(format!("providers.{id}: there is no such provider or setting")));
        }
        if let Some(id) =
            config.models.keys().find(|id| !id.split_once('/').is_some_and(|(provider, _)| known(provider)))
        {
            return Err(Error::Setting(format!(
                "providers.models.\"{id}\": an id is `provider/name` of a known provider"
            )));
        }
        let accounts = account::ALL
            .iter()
            .map(|provider| Account::new(provider, &config).map(Arc::new))
            .collect::<Result<Vec<_>, _>>()
            .map_err(Error::Setting)?;
        let (version, rows) = catalogue::load().map_err(Error::Catalogue)?;
        let client = Client::new(config.timeouts);
        let tokenizers = tokens::Tokenizers::new(tasks.clone());
        let registry = Registry::new(accounts, version, rows, config);
        let discoveries = Discoveries::new();
        let snapshot = registry.snapshot(env.now().date(), &discoveries);
        Ok(Self {
            inner: Arc::new(Inner {
                env,
                tasks,
                client,
                tokenizers,
                registry,
                discoveries: Mutex::new(discoveries),
                snapshot: RwLock::new(Arc::new(snapshot)),
            }),
        })
    }

    /// Begins to look for servers that list their models, now and from time to time.
    pub fn start(&self) {
        let registry = &self.inner.registry;
        let discovery = registry.config().discovery;
        let local = |account: &Account| !account.custom && matches!(account.provider.id, "ollama" | "llamacpp");
        let wanted: Vec<Arc<Account>> = registry
            .accounts()
            .iter()
            .filter(|account| account.lists_models() && (discovery.enabled || !local(account)))
            .cloned()
            .collect();
        if wanted.is_empty() {
            return;
        }
        let providers = self.clone();
        let shutdown = self.inner.tasks.shutdown();
        self.inner.tasks.spawn("providers: discovery", async move {
            let every = Duration::from_secs(discovery.interval.max(1));
            let looking = async {
                loop {
                    for account in &wanted {
                        providers.look(account).await;
                    }
                    tokio::time::sleep(every).await;
                }
            };
            shutdown.run_until_cancelled(looking).await;
        });
    }

    /// Looks once for the models of a server and lists them.
    async fn look(&self, account: &Account) {
        let day = self.inner.env.now().date();
        let id = account.provider.id;
        let found = discovery::look(&self.inner.client, account, &format!("{id}-{day}")).await;
        let changed = {
            let mut discoveries = self.inner.discoveries.lock().unwrap_or_else(PoisonError::into_inner);
            let before = discoveries.get(id).cloned();
            match found {
                Ok(models) => _ = discoveries.insert(id, models),
                Err(fault) => {
                    tracing::debug!(provider = id, ?fault, "no list of models");
                    if !account.custom {
                        discoveries.remove(id);
                    }
                }
            }
            before.as_ref() != discoveries.get(id)
        };
        if changed {
            let count = self.refresh(day);
            tracing::info!(provider = id, models = count, "a server's list of models changed");
        }
    }

    /// Puts a new snapshot in place and says how many models it lists.
    fn refresh(&self, day: jiff::civil::Date) -> usize {
        let discoveries = self.inner.discoveries.lock().unwrap_or_else(PoisonError::into_inner);
        let snapshot = Arc::new(self.inner.registry.snapshot(day, &discoveries));
        let count = snapshot.listed.len();
        *self.inner.snapshot.write().unwrap_or_else(PoisonError::into_inner) = snapshot;
        count
    }

    fn snapshot(&self) -> Arc<Snapshot> {
        let current = || Arc::clone(&self.inner.snapshot.read().unwrap_or_else(PoisonError::into_inner));
        let snapshot = current();
        let today = self.inner.env.now().date();
        if snapshot.day == today {
            return snapshot;
        }
        self.refresh(today);
        current()
    }

    /// The entry of an id, usable or not.
    fn entry(&self, id: &str) -> Result<Arc<Entry>, ProviderError> {
        if let Some(entry) = self.snapshot().entry(id) {
            return Ok(Arc::clone(entry));
        }
        let discovered = |provider: &str| {
            self.inner.discoveries.lock().unwrap_or_else(PoisonError::into_inner).contains_key(provider)
        };
        match id.split_once('/') {
            // Its list is not here yet: the server itself knows best.
            Some((provider, name)) if !name.is_empty() && !discovered(provider) => {
                self.inner.registry.unlisted(id).map(Arc::new).ok_or_else(|| error::unknown(id))
            }
            _ => Err(error::unknown(id)),
        }
    }

    /// The entry of an id that can be used now.
    fn usable(&self, id: &str) -> Result<Arc<Entry>, ProviderError> {
        let entry = self.entry(id)?;
        match &entry.model.unavailable {
            Some(reason) => Err(error::unavailable(reason)),
            None => Ok(entry),
        }
    }
}

#[async_trait]
impl contracts::Providers for Providers {
    fn models(&self, _scope: &TenantScope) -> Arc<[Arc<Model>]> {
        Arc::clone(&self.snapshot().listed)
    }

    fn model(&self, _scope: &TenantScope, id: &str) -> Result<Arc<Model>, ProviderError> {
        self.usable(id).map(|entry| Arc::clone(&entry.model))
    }

    fn default_model(&self, _scope: &TenantScope) -> Result<Arc<Model>, ProviderError> {
        let snapshot = self.snapshot();
        let chosen = snapshot.default.as_deref().and_then(|id| snapshot.entry(id));
        chosen.map(|entry| Arc::clone(&entry.model)).ok_or_else(|| {
            error::unavailable("No model can be used here. Set OPENAI_API_KEY, or the key of another provider.")
        })
    }

    fn count_tokens(&self, model: &Model, text: &str) -> u64 {
        self.inner.tokenizers.count(model, text)
    }

    async fn stream(
        &self,
        _scope: &TenantScope,
        request: GenerationRequest,
        cancel: CancellationToken,
    ) -> Result<Generation, ProviderError> {
        let asked = self.usable(&request.model);
        let others = self.inner.registry.config().fallbacks.get(&request.model);
        let fallbacks = others.into_iter().flatten().filter_map(|id| self.usable(id).ok());
        let entries: Vec<Arc<Entry>> = match asked {
            Ok(entry) => std::iter::once(entry).chain(fallbacks).collect(),
            Err(error) => {
                let entries: Vec<_> = fallbacks.collect();
                if entries.is_empty() {
                    return Err(error);
                }
                entries
            }
        };
        let context = generate::Context {
            client: &self.inner.client,
            env: &self.inner.env,
            demo: &self.inner.registry.config().demo,
            cancel,
        };
        generate::start(&context, &entries, &request).await
    }
}
