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
//! Deliberately absent: caches of answers, routing by load.

pub mod account;
mod adapter;
mod anthropic;
mod breaker;
pub mod catalogue;
mod choose;
mod client;
mod compatible;
pub mod config;
mod demo;
mod discovery;
mod embed;
mod error;
mod facts;
mod gemini;
mod generate;
mod groq;
mod http;
mod infer;
pub mod model;
mod native;
mod openai;
mod operations;
mod own;
mod registry;
mod resolve;
mod store;
mod surrogates;
mod tokens;
mod view;
mod walk;

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};

use async_trait::async_trait;
use contracts::{
    Audit, Plans,
    audit::NoAudit,
    providers::{ChatMessage, ChatPart, Generation, GenerationRequest, Model, ProviderError},
};
use database::Db;
use kernel::{Env, Tasks, TenantScope};
use tokio_util::sync::CancellationToken;

use self::{
    account::Account,
    client::Client,
    own::Workspaces,
    registry::{Discoveries, Overlay, Registry, Snapshot},
    view::Need,
    walk::{Ask, Begun},
};
pub use self::{config::Config, http::routes};
pub use vault::VaultError;

/// The providers can't be set up; says which setting is wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0}")]
    Setting(String),
    #[error(transparent)]
    MasterKey(#[from] VaultError),
    #[error("the embedded catalogue of models is broken: {0}")]
    Catalogue(String),
}

/// The service. A clone is another handle to it.
#[derive(Clone)]
pub struct Providers {
    inner: Arc<Inner>,
    /// What workspaces set for themselves; none: the installation's models are all there is.
    workspaces: Option<Arc<Workspaces>>,
    /// Which models workspaces may ask; none: all.
    plans: Option<Arc<dyn Plans>>,
    audit: Arc<dyn Audit>,
}

struct Inner {
    env: Env,
    tasks: Tasks,
    client: Client,
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
        let client = Client::new(config.timeouts, config.guard());
        let registry = Registry::new(accounts, version, rows, config);
        let discoveries = Discoveries::new();
        let snapshot = registry.snapshot(env.now().date(), &discoveries, &Overlay::default());
        Ok(Self {
            inner: Arc::new(Inner {
                env,
                tasks,
                client,
                registry,
                discoveries: Mutex::new(discoveries),
                snapshot: RwLock::new(Arc::new(snapshot)),
            }),
            workspaces: None,
            plans: None,
            audit: Arc::new(NoAudit),
        })
    }

    /// The same, with what workspaces set for themselves in the database. Makes the master key
    /// in the data folder unless the settings have one.
    pub fn with_workspaces(self, db: Db, data_dir: &Path) -> Result<Self, Error> {
        let workspaces = Workspaces::new(db, self.inner.registry.config(), data_dir, &self.inner.env)?;
        Ok(Self { workspaces: Some(Arc::new(workspaces)), ..self })
    }

    /// The same, where plans leave models out.
    #[must_use]
    pub fn with_plans(self, plans: Arc<dyn Plans>) -> Self {
        Self { plans: Some(plans), ..self }
    }

    /// The same, where changes of routes and connections are written down.
    #[must_use]
    pub fn with_audit(self, audit: Arc<dyn Audit>) -> Self {
        Self { audit, ..self }
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
        let snapshot = Arc::new(self.inner.registry.snapshot(day, &discoveries, &Overlay::default()));
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

    /// A model of a server of the installation that has not listed its models yet.
    fn unlisted(&self, id: &str) -> Option<registry::Entry> {
        let (provider, name) = id.split_once('/')?;
        let discoveries = self.inner.discoveries.lock().unwrap_or_else(PoisonError::into_inner);
        if name.is_empty() || discoveries.contains_key(provider) {
            return None;
        }
        self.inner.registry.unlisted(id)
    }

    fn context(&self, cancel: CancellationToken) -> walk::Context<'_> {
        walk::Context {
            client: &self.inner.client,
            env: &self.inner.env,
            demo: &self.inner.registry.config().demo,
            cancel,
        }
    }
}

#[async_trait]
impl contracts::Providers for Providers {
    async fn models(&self, scope: &TenantScope) -> Arc<[Arc<Model>]> {
        // A list without the workspace's own is better than none.
        self.view(scope).await.map_or_else(|_| Arc::clone(&self.snapshot().listed), |view| view.listed())
    }

    async fn model(&self, scope: &TenantScope, id: &str) -> Result<Arc<Model>, ProviderError> {
        self.view(scope).await?.usable(id).map(|entry| Arc::clone(&entry.model))
    }

    async fn default_model(&self, scope: &TenantScope) -> Result<Arc<Model>, ProviderError> {
        self.view(scope).await?.default_model().ok_or_else(|| {
            error::unavailable("No model can be used here. Set OPENAI_API_KEY, or the key of another provider.")
        })
    }

    async fn may_answer(&self, scope: &TenantScope, id: &str) -> Vec<Arc<Model>> {
        let Ok(view) = self.view(scope).await else { return Vec::new() };
        let entries = view.with_fallbacks(view.usable(id), id, Need::Anything).unwrap_or_default();
        entries.iter().map(|entry| Arc::clone(&entry.model)).collect()
    }

    fn count_tokens(&self, model: &Model, text: &str) -> u64 {
        tokens::count(model, text)
    }

    async fn stream(
        &self,
        scope: &TenantScope,
        request: GenerationRequest,
        cancel: CancellationToken,
    ) -> Result<Generation, ProviderError> {
        let view = self.view(scope).await?;
        let images = |message: &ChatMessage| message.parts.iter().any(|part| matches!(part, ChatPart::Image { .. }));
        let need = if request.messages.iter().any(images) { Need::Vision } else { Need::Chat };
        let entries = view.with_fallbacks(view.usable(&request.model), &request.model, need)?;
        let walked = walk::walk(&self.context(cancel), &entries, &Ask::Generation(&request)).await?;
        match walked.begun {
            Begun::Chunks(chunks) => Ok(Generation { model: Arc::clone(&walked.entry.model), chunks }),
            Begun::Whole { .. } | Begun::Events(_) => Err(error::unavailable("The answer came in another shape.")),
        }
    }
}
