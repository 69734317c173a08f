//! The Ed25519 keys that sign access tokens, and the secret that derives refresh tokens.
//!
//! Invariant: there is always a newest key; it signs, and every key of the ring verifies.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use aws_lc_rs::{
    digest, hmac,
    signature::{Ed25519KeyPair, KeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{DecodingKey, EncodingKey};
use kernel::{Env, Timestamp};
use secrecy::{ExposeSecret, SecretString};

use super::folder::Folder;
use crate::config::{KEY_MAX_AGE, KEY_RETIREMENT};

const PEM_TAG: &str = "PRIVATE KEY";
/// A token that names an unknown key makes us look for new keys, this often at the most.
const RELOAD_INTERVAL: Duration = Duration::from_secs(1);
/// Characters that a given refresh secret must have.
const MIN_SECRET: usize = 32;

/// Why keys could not be read, made or rotated. Names the file, never its content.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("can't {action} {}: {source}", path.display())]
    Io { action: &'static str, path: PathBuf, source: std::io::Error },
    #[error("{0} is not an Ed25519 private key in PKCS#8 PEM (`openssl genpkey -algorithm ed25519`)")]
    NotEd25519(String),
    #[error("{} does not hold a secret of 32 bytes", .0.display())]
    BadSecret(PathBuf),
    #[error("no signing key was given")]
    NoKeys,
    #[error("the refresh secret must have at least {MIN_SECRET} characters")]
    ShortSecret,
    #[error("the keys come from the configuration: put a new one first in the list there")]
    Given,
}

pub(crate) struct SigningKey {
    /// Names the key in a token's header: a prefix of the public key's SHA-256.
    pub kid: String,
    pub created_at: Timestamp,
    pub encoding: EncodingKey,
    pub decoding: DecodingKey,
}

impl SigningKey {
    /// Reads a private key. `name` says where it comes from.
    pub fn from_pem(text: &str, created_at: Timestamp, name: &str) -> Result<Self, KeyError> {
        let unreadable = || KeyError::NotEd25519(name.to_owned());
        let document = pem::parse(text).map_err(|_| unreadable())?;
        if document.tag() != PEM_TAG {
            return Err(unreadable());
        }
        let pair = Ed25519KeyPair::from_pkcs8(document.contents()).map_err(|_| unreadable())?;
        let public = pair.public_key().as_ref();
        let hash = digest::digest(&digest::SHA256, public);
        Ok(Self {
            kid: URL_SAFE_NO_PAD.encode(&hash.as_ref()[..12]),
            created_at,
            encoding: EncodingKey::from_ed_der(document.contents()),
            decoding: DecodingKey::from_ed_der(public),
        })
    }

    /// A new private key as PEM.
    pub fn generate(env: &Env) -> Result<String, KeyError> {
        let failed = || KeyError::NotEd25519("a new key".to_owned());
        let pair = Ed25519KeyPair::from_seed_unchecked(&env.random::<32>()).map_err(|_| failed())?;
        let document = pair.to_pkcs8v1().map_err(|_| failed())?;
        Ok(pem::encode(&pem::Pem::new(PEM_TAG, document.as_ref())))
    }
}

/// The keys of one moment.
pub(crate) struct Ring {
    newest: Arc<SigningKey>,
    older: Vec<Arc<SigningKey>>,
}

impl Ring {
    /// From keys in order, the newest first.
    fn new(keys: Vec<SigningKey>) -> Result<Self, KeyError> {
        let mut keys = keys.into_iter().map(Arc::new);
        let newest = keys.next().ok_or(KeyError::NoKeys)?;
        Ok(Self { newest, older: keys.collect() })
    }

    fn all(&self) -> impl Iterator<Item = &Arc<SigningKey>> {
        std::iter::once(&self.newest).chain(&self.older)
    }

    fn kids(&self) -> impl Iterator<Item = &str> {
        self.all().map(|key| key.kid.as_str())
    }

    fn find(&self, kid: &str) -> Option<Arc<SigningKey>> {
        self.all().find(|key| key.kid == kid).cloned()
    }
}

/// The keys in use. Everything but [`KeyRing::open`] and [`KeyRing::signing`] that touches
/// files runs on a blocking thread.
pub(crate) struct KeyRing {
    env: Env,
    folder: Option<Folder>,
    ring: RwLock<Arc<Ring>>,
    /// Moves when the keys do.
    generation: AtomicU64,
    reloaded_at: AtomicI64,
    refresh_secret: hmac::Key,
}

impl KeyRing {
    /// Reads the keys, making those that were not given and are not in the folder yet.
    /// Reads and writes files.
    pub fn open(
        path: &Path,
        signing: &[SecretString],
        refresh_secret: Option<&SecretString>,
        env: Env,
    ) -> Result<Arc<Self>, KeyError> {
        let (folder, ring) = if signing.is_empty() {
            let folder = Folder::open(path)?;
            let lock = folder.lock()?;
            if folder.signing_keys()?.is_empty() {
                folder.add_signing_key(&lock, &env)?;
            }
            let ring = Ring::new(folder.signing_keys()?)?;
            (Some(folder), ring)
        } else {
            let given = signing.iter().enumerate().map(|(index, text)| {
                let name = format!("signing key {}", index + 1);
                SigningKey::from_pem(text.expose_secret(), Timestamp::EPOCH, &name)
            });
            (None, Ring::new(given.collect::<Result<_, _>>()?)?)
        };
        let refresh_secret = match refresh_secret.map(ExposeSecret::expose_secret) {
            Some(secret) if secret.chars().count() < MIN_SECRET => return Err(KeyError::ShortSecret),
            Some(secret) => hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()),
            None => {
                let folder = Folder::open(path)?;
                let lock = folder.lock()?;
                hmac::Key::new(hmac::HMAC_SHA256, &folder.refresh_secret(&lock, &env)?)
            }
        };
        Ok(Arc::new(Self {
            env,
            folder,
            ring: RwLock::new(Arc::new(ring)),
            generation: AtomicU64::new(0),
            reloaded_at: AtomicI64::new(i64::MIN),
            refresh_secret,
        }))
    }

    pub fn refresh_secret(&self) -> &hmac::Key {
        &self.refresh_secret
    }

    /// A number that is another one whenever the keys are others: what a key has proved holds for as long.
    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// The key to sign with.
    pub fn signing(&self) -> Arc<SigningKey> {
        self.ring().newest.clone()
    }

    /// The key of this name. One that is not known may have been made by another process
    /// a moment ago, so the folder is read again, now and then.
    pub async fn find(self: &Arc<Self>, kid: &str) -> Option<Arc<SigningKey>> {
        if let Some(key) = self.ring().find(kid) {
            return Some(key);
        }
        self.folder.as_ref()?;
        let now = self.env.now().micros();
        let last = self.reloaded_at.load(Ordering::Relaxed);
        let interval = i64::try_from(RELOAD_INTERVAL.as_micros()).unwrap_or(i64::MAX);
        let due = now.saturating_sub(last) >= interval
            && self.reloaded_at.compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        if due {
            let ring = self.clone();
            match tokio::task::spawn_blocking(move || ring.reload()).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::error!(%error, "the signing keys could not be read again"),
                Err(error) => tracing::error!(%error, "reading the signing keys broke off"),
            }
        }
        self.ring().find(kid)
    }

    /// Makes a new key that signs from now on, and gives its name. Blocks.
    pub fn rotate(&self) -> Result<String, KeyError> {
        let folder = self.folder.as_ref().ok_or(KeyError::Given)?;
        let lock = folder.lock()?;
        folder.add_signing_key(&lock, &self.env)?;
        self.reload()?;
        Ok(self.signing().kid.clone())
    }

    /// Sees what other processes made, replaces a key that is too old, and deletes keys
    /// whose tokens have all expired. Gives the name of the new key, if it made one. Blocks.
    pub fn maintain(&self) -> Result<Option<String>, KeyError> {
        let Some(folder) = &self.folder else { return Ok(None) };
        let lock = folder.lock()?;
        let now = self.env.now();
        let keys = folder.signing_keys()?;
        let is_due = keys.first().is_none_or(|newest| newest.created_at + KEY_MAX_AGE <= now);
        if is_due {
            folder.add_signing_key(&lock, &self.env)?;
        }
        for pair in keys.windows(2) {
            if let [successor, retired] = pair
                && successor.created_at + KEY_RETIREMENT <= now
            {
                folder.remove_signing_key(&lock, retired)?;
            }
        }
        self.reload()?;
        Ok(is_due.then(|| self.signing().kid.clone()))
    }

    fn reload(&self) -> Result<(), KeyError> {
        if let Some(folder) = &self.folder {
            let found = Arc::new(Ring::new(folder.signing_keys()?)?);
            let mut ring = self.ring.write().unwrap_or_else(PoisonError::into_inner);
            if !found.kids().eq(ring.kids()) {
                self.generation.fetch_add(1, Ordering::AcqRel);
            }
            *ring = found;
        }
        Ok(())
    }

    fn ring(&self) -> Arc<Ring> {
        self.ring.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
