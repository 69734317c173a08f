//! What `app` decides about identity, and the lifetimes that nobody needs to.

use std::{path::PathBuf, time::Duration};

use secrecy::SecretString;
use url::Url;
use web::limit::Policy;

/// A session that is not renewed for this long has ended.
pub(crate) const SESSION_IDLE: Duration = Duration::from_secs(30 * 24 * 3600);
/// A session ends after this long, however often it is renewed.
pub(crate) const SESSION_MAX: Duration = Duration::from_secs(90 * 24 * 3600);
/// How long a rotated refresh token still gives its successor: the time that parallel tabs
/// and lost answers need.
pub(crate) const REFRESH_GRACE: Duration = Duration::from_secs(10);
/// A signing key older than this is replaced.
pub(crate) const KEY_MAX_AGE: Duration = Duration::from_secs(90 * 24 * 3600);
/// A replaced key verifies for this much longer: far more than a token lives, so that processes
/// that have not yet seen the new key may go on signing.
pub(crate) const KEY_RETIREMENT: Duration = Duration::from_secs(24 * 3600);

/// Where the secrets come from.
#[derive(Debug, Clone)]
pub enum Keys {
    /// A folder that holds them, filled at the first start. Processes that share a database
    /// must share the folder too, or be given the keys.
    Folder(PathBuf),
    Given {
        /// Ed25519 private keys as PKCS#8 PEM. The first signs, all verify.
        signing: Vec<SecretString>,
        /// Derives refresh tokens from their predecessors. At least 32 characters.
        refresh_secret: SecretString,
    },
}

/// The work that a password hash takes (argon2id).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordCost {
    pub memory_kib: u32,
    pub passes: u32,
    pub lanes: u32,
}

impl Default for PasswordCost {
    /// The minimum of the OWASP Password Storage Cheat Sheet: 19 MiB, two passes, one lane.
    fn default() -> Self {
        Self { memory_kib: 19 * 1024, passes: 2, lanes: 1 }
    }
}

#[derive(Debug, Clone)]
pub struct Config {
    /// The address people use. With `https` the cookie is sent over TLS only.
    pub public_url: Option<Url>,
    pub keys: Keys,
    pub sign_up_open: bool,
    /// How long an access token is good for.
    pub access_ttl: Duration,
    /// What one address may ask of the public endpoints.
    pub per_ip: Policy,
    pub password_cost: PasswordCost,
}

impl Config {
    /// The defaults: sign-up open, tokens of 10 minutes, 100 requests in 15 minutes.
    pub fn new(keys: Keys) -> Self {
        Self {
            public_url: None,
            keys,
            sign_up_open: true,
            access_ttl: Duration::from_secs(600),
            per_ip: Policy { name: "auth", burst: 100, period: Duration::from_secs(900) },
            password_cost: PasswordCost::default(),
        }
    }
}
