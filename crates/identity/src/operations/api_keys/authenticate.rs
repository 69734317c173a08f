//! Answers whose a key is. On the way of every request of the gateway, so it asks the
//! database one thing if nothing has changed: whether anything has.

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use contracts::{
    identity::{ApiKey, AuthenticationError},
    tenancy::Closed,
};
use ipnet::IpNet;
use kernel::{ApiKeyId, TenantScope, Timestamp};
use moka::sync::Cache;

use crate::{Identity, config::KEY_USE_NOTED, secret::SecretHash, store::api_keys};

/// Keys that are kept in memory: some hundred bytes each.
const KNOWN: u64 = 50_000;
/// Secrets that lead nowhere and are remembered: whoever has lost a key asks often.
const UNKNOWN: u64 = 10_000;
const UNKNOWN_FOR: Duration = Duration::from_secs(60);

/// What is known of secrets, each as of an epoch. Those that lead nowhere are kept apart, so that
/// somebody who makes up keys can't push out real ones.
pub(crate) struct KeyCache {
    known: Cache<SecretHash, Arc<Known>>,
    unknown: Cache<SecretHash, (i64, Nowhere)>,
}

/// Why a secret leads to no key that may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Nowhere {
    Unknown,
    /// It would, but the workspace is deleted.
    Deleted,
    /// Likewise, but it is suspended.
    Suspended,
}

impl From<Nowhere> for AuthenticationError {
    fn from(why: Nowhere) -> Self {
        match why {
            Nowhere::Unknown => Self::Invalid,
            Nowhere::Deleted => Self::Closed(Closed::Deleted),
            // Who holds a key need not be an owner.
            Nowhere::Suspended => Self::Closed(Closed::Suspended { reason: None }),
        }
    }
}

impl Default for KeyCache {
    fn default() -> Self {
        Self {
            known: Cache::new(KNOWN),
            unknown: Cache::builder().max_capacity(UNKNOWN).time_to_live(UNKNOWN_FOR).build(),
        }
    }
}

struct Known {
    epoch: i64,
    key: Arc<ApiKey>,
    allowed_ips: Option<Vec<IpNet>>,
    /// When the secret ends although the key goes on.
    secret_ends: Option<Timestamp>,
    /// When a use was last noted, in microseconds.
    noted_at: AtomicI64,
}

#[async_trait]
impl contracts::ApiKeys for Identity {
    async fn authenticate_key(&self, key: &str, from: IpAddr) -> Result<Arc<ApiKey>, AuthenticationError> {
        let hash = SecretHash::parse(key).ok_or(AuthenticationError::Invalid)?;
        let known = self.known_key(hash).await??;
        let now = self.env.now();
        if known.secret_ends.is_some_and(|ends| ends <= now) {
            return Err(AuthenticationError::Invalid);
        }
        if known.key.expires_at.is_some_and(|expires| expires <= now) {
            return Err(AuthenticationError::Expired);
        }
        if known.allowed_ips.as_ref().is_some_and(|nets| !nets.iter().any(|net| net.contains(&from))) {
            return Err(AuthenticationError::Address(from));
        }
        self.note_use(&known, now);
        Ok(known.key.clone())
    }

    async fn has_key(&self, scope: &TenantScope, id: ApiKeyId) -> Result<bool, database::Error> {
        Ok(api_keys::find(&self.db, scope, id).await?.is_some())
    }
}

impl Identity {
    /// What the secret leads to, as of now.
    async fn known_key(&self, hash: SecretHash) -> Result<Result<Arc<Known>, Nowhere>, database::Error> {
        // Before the rows are read: a change in between makes them newer than they claim to be,
        // and they are read once more than needed.
        let epoch = self.key_epochs.current().await?;
        if let Some(known) = self.key_cache.known.get(&hash).filter(|known| known.epoch == epoch) {
            return Ok(Ok(known));
        }
        if let Some((_, why)) = self.key_cache.unknown.get(&hash).filter(|(as_of, _)| *as_of == epoch) {
            return Ok(Err(why));
        }
        let loaded = self.load_key(hash, epoch).await?.map(Arc::new);
        match &loaded {
            Ok(known) => self.key_cache.known.insert(hash, known.clone()),
            Err(why) => {
                self.key_cache.known.invalidate(&hash);
                self.key_cache.unknown.insert(hash, (epoch, *why));
            }
        }
        Ok(loaded)
    }

    async fn load_key(&self, hash: SecretHash, epoch: i64) -> Result<Result<Known, Nowhere>, database::Error> {
        let Some(mut found) = api_keys::by_secret(&self.db, hash).await? else {
            return Ok(Err(Nowhere::Unknown));
        };
        let Some(owner) = self.tenancy.membership(found.workspace, found.user).await? else {
            return Ok(Err(match self.tenancy.closed(found.workspace, found.user).await? {
                Some(Closed::Deleted) => Nowhere::Deleted,
                Some(Closed::Suspended { .. }) => Nowhere::Suspended,
                None => Nowhere::Unknown,
            }));
        };
        Ok(Ok(Known {
            epoch,
            allowed_ips: found.allowed_ips.take(),
            secret_ends: found.secret_ends,
            noted_at: AtomicI64::new(found.last_used_at.unwrap_or(Timestamp::EPOCH).micros()),
            key: Arc::new(found.key(owner.permissions, epoch)),
        }))
    }

    /// Notes a use, once a minute for a key, beside the request and without waiting for the disk.
    fn note_use(&self, known: &Known, now: Timestamp) {
        let noted = known.noted_at.load(Ordering::Relaxed);
        let unless_after = now - KEY_USE_NOTED;
        let is_due = noted <= unless_after.micros()
            && known.noted_at.compare_exchange(noted, now.micros(), Ordering::Relaxed, Ordering::Relaxed).is_ok();
        if !is_due {
            return;
        }
        let (db, scope, id) = (self.db.clone(), known.key.scope(), known.key.id);
        self.tasks.spawn("use of an API key", async move {
            if let Err(error) = api_keys::note_use(&db, &scope, id, now, unless_after).await {
                tracing::warn!(%error, key = %id, "the use of an API key is not noted");
            }
        });
    }
}
