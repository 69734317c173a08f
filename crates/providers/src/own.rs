//! What workspaces set for themselves, kept in memory.
//!
//! A workspace's routes and connections are read when they are first needed, and again when
//! the epoch `routing` has moved: a change holds from the next request on, on every process.
//! Opened keys live in memory only.

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use contracts::providers::{ProviderError, ProviderErrorKind as Kind};
use database::{Db, Epochs};
use kernel::{ConnectionId, Env, TenantScope, WorkspaceId};
use moka::sync::Cache;
use vault::{Vault, VaultError};

use crate::{
    account::{self, Account},
    breaker::Breaker,
    config::Config,
    model::{Route, StoredConnection},
    registry::{Overlay, Snapshot},
    store,
};

/// Workspaces that are kept in memory.
const KEPT: u64 = 2000;

/// The workspaces' own settings.
pub(crate) struct Workspaces {
    pub db: Db,
    pub epochs: Epochs,
    pub vault: Vault,
    cache: Cache<WorkspaceId, Arc<Own>>,
}

/// Those of one workspace, as of an epoch.
pub(crate) struct Own {
    epoch: i64,
    pub routes: HashMap<String, Arc<Route>>,
    pub overlay: Overlay,
    /// The models with the workspace's own over those of the installation, and what of the
    /// latter they were made from.
    built: Mutex<Option<(Arc<Snapshot>, Arc<Snapshot>)>>,
}

impl Own {
    /// The workspace's models, made anew if those of the installation have changed.
    pub fn snapshot(&self, base: &Arc<Snapshot>, make: impl FnOnce(&Overlay) -> Snapshot) -> Arc<Snapshot> {
        if self.overlay.accounts.is_empty() {
            return Arc::clone(base);
        }
        let mut built = self.built.lock().unwrap_or_else(PoisonError::into_inner);
        match &*built {
            Some((of, snapshot)) if Arc::ptr_eq(of, base) => Arc::clone(snapshot),
            _ => {
                let snapshot = Arc::new(make(&self.overlay));
                *built = Some((Arc::clone(base), Arc::clone(&snapshot)));
                snapshot
            }
        }
    }

    fn breaker(&self, connection: ConnectionId) -> Option<Arc<Breaker>> {
        let of = |account: &&Account| account.own.as_ref().is_some_and(|own| own.connection == connection);
        let accounts = self.overlay.accounts.iter().map(|(account, _)| account.as_ref());
        accounts.filter(of).map(|account| Arc::clone(&account.breaker)).next()
    }
}

impl Workspaces {
    pub fn new(db: Db, config: &Config, data_dir: &Path, env: &Env) -> Result<Self, VaultError> {
        let vault = Vault::open(&config.master_keys, data_dir, env)?;
        Ok(Self { epochs: Epochs::new(db.clone(), "routing"), db, vault, cache: Cache::new(KEPT) })
    }

    /// The settings of the workspace as of now.
    pub async fn of(&self, scope: &TenantScope, config: &Config) -> Result<Arc<Own>, ProviderError> {
        self.load(scope, config).await.map_err(|error| {
            tracing::error!(%error, "a workspace's routes and connections can't be read");
            ProviderError::new(Kind::Unavailable, "The workspace's routes and connections can't be read. Try again.")
        })
    }

    async fn load(&self, scope: &TenantScope, config: &Config) -> Result<Arc<Own>, database::Error> {
        // Before the rows are read: a change in between makes them newer than they claim to be.
        let epoch = self.epochs.current().await?;
        let known = self.cache.get(&scope.workspace());
        if let Some(own) = known.as_ref().filter(|own| own.epoch == epoch) {
            return Ok(Arc::clone(own));
        }
        let routes = store::routes::all(&self.db, scope).await?;
        let connections = store::connections::all(&self.db, scope).await?;
        let enabled = connections.into_iter().filter(|connection| connection.shown.enabled);
        let accounts = enabled.filter_map(|connection| {
            let breaker = known.as_ref().and_then(|own| own.breaker(connection.shown.id));
            let account = self.account(scope, &connection, breaker, config)?;
            Some((Arc::new(account), connection.shown.models))
        });
        let own = Arc::new(Own {
            epoch,
            routes: routes.into_iter().map(|route| (route.name.clone(), Arc::new(route))).collect(),
            overlay: Overlay { accounts: accounts.collect() },
            built: Mutex::default(),
        });
        self.cache.insert(scope.workspace(), Arc::clone(&own));
        Ok(own)
    }

    /// The account that a connection describes. One whose key can't be opened is there without
    /// it, and says so when it is used.
    pub fn account(
        &self,
        scope: &TenantScope,
        connection: &StoredConnection,
        breaker: Option<Arc<Breaker>>,
        config: &Config,
    ) -> Option<Account> {
        let provider = account::provider(&connection.shown.provider)?;
        let sealed = connection.sealed_key.as_deref();
        let place = (scope.workspace().uuid(), connection.shown.id.uuid());
        let opened = sealed.map(|sealed| self.vault.unseal_text(&[place.0.as_bytes(), place.1.as_bytes()], sealed));
        let opened = opened.transpose();
        let key = opened.unwrap_or_else(|error| {
            tracing::error!(connection = %connection.shown.id, %error, "a connection can't be used");
            None
        });
        let breaker = breaker.unwrap_or_else(|| Breaker::new(provider.id, config.breaker));
        Account::of_connection(provider, &connection.shown, key, breaker)
    }
}
