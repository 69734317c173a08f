//! What can be set about identity, and the times that nobody needs to set.

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

/// A revoked API key stays in the list for this long.
pub(crate) const KEY_REMEMBERED: Duration = Duration::from_secs(30 * 24 * 3600);
/// A use of an API key is noted if none was for this long.
pub(crate) const KEY_USE_NOTED: Duration = Duration::from_secs(60);

/// How long the links in letters are good for.
pub(crate) const VERIFY_TTL: Duration = Duration::from_secs(24 * 3600);
pub(crate) const RESET_TTL: Duration = Duration::from_secs(3600);
/// Letters of one kind that one address gets in an hour at the most, whoever asks for them.
pub(crate) const LETTERS: Policy = Policy { name: "letters", burst: 5, period: Duration::from_secs(3600) };
/// A device that was not used for this long is forgotten. Browsers keep a cookie for no longer (RFC 6265bis).
pub(crate) const DEVICE_REMEMBERED: Duration = Duration::from_secs(400 * 24 * 3600);

/// How long an access token is good for.
pub(crate) const ACCESS_TTL: Duration = Duration::from_secs(600);
/// What `Config::requests_per_ip` is counted over.
pub(crate) const PER_IP_PERIOD: Duration = Duration::from_secs(900);

/// What `app` decides about identity.
#[derive(Debug, Clone)]
pub struct Config {
    /// The address people use. With `https` the cookie is sent over TLS only.
    pub public_url: Option<Url>,
    /// Keys that are not given stand in the folder `keys` here, made at the first start.
    /// Processes that share a database must share the folder too, or be given the keys.
    pub data_dir: PathBuf,
    /// Ed25519 private keys as PKCS#8 PEM. The first signs access tokens, all verify.
    pub signing_keys: Vec<SecretString>,
    /// Derives refresh tokens from their predecessors. At least 32 characters.
    pub refresh_secret: Option<SecretString>,
    /// Whether strangers may make an account.
    pub sign_up_open: bool,
    /// Whether an account opens only once its address was proved.
    pub require_verified_email: bool,
    /// Requests to sign-up, login and password that one address may make in 15 minutes.
    pub requests_per_ip: u32,
}
