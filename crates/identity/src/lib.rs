//! Users, and how the platform knows that it is them: sign-up, sessions, tokens, profiles.
//!
//! Invariants:
//! - Secrets at rest are hashes: passwords argon2id, refresh tokens SHA-256.
//! - A session has one lineage of refresh tokens. A token that comes back after its successor's
//!   grace ends the session.
//! - An API key is found by the SHA-256 of its secret, which is shown once. Keys are cached for as
//!   long as no key anywhere has changed: a change holds from the next request on, everywhere.
//! - An access token is checked against the session's row on each request. No session is cached,
//!   so whatever ends a session ends it everywhere at once.
//! - A link in a letter has 256 random bits, stands in the database as SHA-256, and works once.
//! - Nothing a stranger can ask tells whether an address has a user: not the answer, and not
//!   the work done for it.
//!
//! Deliberately absent: what a user may do in a workspace (tenancy's), what letters look like and how
//! they travel (notifications'), second factors, other identity providers.

mod config;
mod device;
mod email;
mod error;
mod http;
mod jobs;
mod lockout;
mod model;
mod name;
mod operations;
mod password;
mod secret;
mod store;
mod token;

use std::sync::Arc;

use contracts::{Mailer, Tenancy, identity::KEYS_EPOCH};
use database::{Db, Epochs};
use events::outbox::Outbox;
use kernel::{Env, Tasks};
use web::limit::Limiter;

pub use config::Config;
pub use error::IdentityError;
pub use http::routes;
pub use model::{
    ApiKeyInfo, Attributes, Avatar, KeyOwner, ListedKey, Locale, Me, Session, SessionInfo, Theme, TokenType, User,
};
pub use operations::{
    KeyActor, KeyChanges, LogIn, MAX_AVATAR, NewApiKey, NewUser, ProfileChanges, SignUp, SignedIn, Verified,
};
pub use password::PasswordError;
pub use token::KeyError;

/// The identity service.
pub struct Identity {
    db: Db,
    env: Env,
    tasks: Tasks,
    tenancy: Arc<dyn Tenancy>,
    limiter: Limiter,
    outbox: Outbox,
    mailer: Arc<dyn Mailer>,
    config: Config,
    passwords: password::Passwords,
    keys: Arc<token::KeyRing>,
    access: token::AccessTokens,
    /// Moves with every change that a cached API key does not know.
    key_epochs: Epochs,
    key_cache: operations::KeyCache,
}

impl Identity {
    /// Opens the keys, making them if there are none yet: reads and writes files.
    pub fn new(
        db: Db,
        env: Env,
        tasks: Tasks,
        tenancy: Arc<dyn Tenancy>,
        mailer: Arc<dyn Mailer>,
        config: Config,
        limiter: Limiter,
    ) -> Result<Self, IdentityError> {
        let keys = token::KeyRing::open(
            &config.data_dir.join("keys"),
            &config.signing_keys,
            config.refresh_secret.as_ref(),
            env.clone(),
        )?;
        let issuer = config.public_url.as_ref().map_or("parlance", |url| url.as_str()).to_owned();
        Ok(Self {
            passwords: password::Passwords::new(env.clone())?,
            access: token::AccessTokens::new(env.clone(), keys.clone(), issuer, config::ACCESS_TTL),
            outbox: Outbox::new(env.clone()),
            key_epochs: Epochs::new(db.clone(), KEYS_EPOCH),
            key_cache: operations::KeyCache::default(),
            db,
            env,
            tasks,
            tenancy,
            limiter,
            mailer,
            config,
            keys,
        })
    }

    /// Makes a new signing key and gives its name. Tokens that older keys signed stay good.
    pub async fn rotate_keys(&self) -> Result<String, IdentityError> {
        let keys = self.keys.clone();
        let kid = tokio::task::spawn_blocking(move || keys.rotate()).await.map_err(PasswordError::Join)??;
        tracing::info!(target: "audit", event = "signing_key.rotated", kid);
        Ok(kid)
    }

    /// How often a password was hashed since the start.
    pub fn password_hashes(&self) -> u64 {
        self.passwords.computed()
    }
}
