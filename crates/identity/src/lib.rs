//! Users, and how the platform knows that it is them: sign-up, sessions, tokens, profiles.
//!
//! Invariants:
//! - Secrets at rest are hashes: passwords argon2id, refresh tokens SHA-256.
//! - A session has one lineage of refresh tokens. A token that comes back after its successor's
//!   grace ends the session.
//! - An API key is found by the SHA-256 of its secret, which is shown once. Keys are cached for as
//!   long as no key anywhere has changed: a change holds from the next request on, everywhere.
//! - An access token is checked against its session on each request. Sessions are remembered as of a number that
//!   moves with whatever ends one: at once here, on other nodes three seconds later at the most.
//! - Whoever has a second factor begins no session without one, whatever way they come in by. A code, a
//!   recovery code and what a passkey signs count once, also of two who send one at the same time.
//! - What opens doors (keys, factors, the password, the address) and what can't be undone needs a proof of who
//!   the session's person is that is no older than ten minutes.
//! - An account that its person deletes waits for two weeks and is erased then, in one transaction over all contexts.
//!   Its row stays without name and address, for the ledger's sake.
//! - An administrator of the platform who acts as somebody else has a session that says so, for half an hour
//!   at the most; it changes nothing about the person. There is always an administrator once there was one.
//! - A link in a letter has 256 random bits, stands in the database as SHA-256, and works once.
//! - While strangers come faster than people do, each is asked for a second of their browser's work ([`ProofOfWork`]).
//! - Nothing a stranger can ask tells whether an address has a user: not the answer, and not
//!   the work done for it.
//!
//! Deliberately absent: what a user may do in a workspace (tenancy's), what letters look like and how
//! they travel (notifications').

mod config;
mod device;
mod email;
mod error;
pub mod federation;
mod http;
mod jobs;
mod lockout;
mod model;
mod name;
mod operations;
mod passkeys;
mod password;
mod proof_of_work;
pub mod scim;
mod secret;
mod store;
mod token;

use std::sync::{Arc, OnceLock};

use contracts::{
    Audit, Directory, Mailer, PersonalData, Tenancy,
    audit::{Action, Entry, NoAudit, Subject},
    identity::KEYS_EPOCH,
};
use database::{Db, Epochs, Platform};
use events::outbox::Outbox;
use kernel::{Env, Tasks};
use web::limit::{Limiter, Policy};

pub use config::{Config, SignUpRules};
pub use error::IdentityError;
pub use http::routes;
pub use model::{
    ApiKeyInfo, Attributes, Avatar, Ceremony, Factors, Impersonation, KeyOwner, ListedKey, Locale, Me, PasskeyInfo,
    PlatformUser, PlatformUserDetail, RecoveryCodes, SecondFactor, SecondFactorNeeded, Session, SessionInfo, Theme,
    TokenType, TotpSetUp, User, UserStatus,
};
pub use operations::{
    Client, Impersonate, KeyActor, KeyChanges, LogIn, LoggedIn, MAX_AVATAR, NewApiKey, NewPasskey, NewUser,
    PasskeyAnswer, ProfileChanges, Proof, SetUp, SignUp, SignedIn, StartedLogIn, Verified,
};
pub use password::PasswordError;
pub use proof_of_work::ProofOfWork;
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
    audit: Arc<dyn Audit>,
    /// None: no directory is let in.
    directory: Option<Arc<dyn Directory>>,
    config: Config,
    federation: federation::Federation,
    passwords: password::Passwords,
    works: proof_of_work::Works,
    vault: vault::Vault,
    /// What other contexts keep of people.
    personal: OnceLock<Vec<Arc<dyn PersonalData>>>,
    /// None: passkeys can't work at this installation's address.
    passkeys: Option<webauthn_rs::Webauthn>,
    keys: Arc<token::KeyRing>,
    access: token::AccessTokens,
    /// Moves with every change that a cached API key does not know.
    key_epochs: Epochs,
    key_cache: operations::KeyCache,
    /// Moves with every session that ends before its time.
    session_epochs: Epochs,
    session_cache: operations::SessionCache,
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
        let works = proof_of_work::Works::new(
            config.proof_of_work,
            env.clone(),
            limiter.clone(),
            Policy { name: "strangers", burst: config.strangers, period: config::PER_IP_PERIOD },
            keys.refresh_secret(),
        );
        Ok(Self {
            works,
            passwords: password::Passwords::new(env.clone())?,
            vault: vault::Vault::open(&config.master_keys, &config.data_dir, &env)?,
            personal: OnceLock::new(),
            passkeys: passkeys::of(config.public_url.as_ref())?,
            access: token::AccessTokens::new(env.clone(), keys.clone(), issuer, config::ACCESS_TTL),
            outbox: Outbox::new(env.clone()),
            federation: federation::Federation::new(config.federation.clone()),
            key_epochs: Epochs::new(db.clone(), KEYS_EPOCH),
            key_cache: operations::KeyCache::default(),
            session_epochs: Epochs::new(db.clone(), store::sessions::EPOCH),
            session_cache: operations::SessionCache::default(),
            db,
            env,
            tasks,
            tenancy,
            limiter,
            mailer,
            audit: Arc::new(NoAudit),
            directory: None,
            config,
            keys,
        })
    }

    /// The same where what is done is written down.
    #[must_use]
    pub fn with_audit(self, audit: Arc<dyn Audit>) -> Self {
        Self { audit, ..self }
    }

    /// Makes a new signing key and gives its name. Tokens that older keys signed stay good.
    pub async fn rotate_keys(&self) -> Result<String, IdentityError> {
        let keys = self.keys.clone();
        let kid = tokio::task::spawn_blocking(move || keys.rotate()).await.map_err(PasswordError::Join)??;
        self.record_rotation(&kid).await?;
        Ok(kid)
    }

    /// Whether passkeys work at the configured address.
    pub fn has_passkeys(&self) -> bool {
        self.passkeys.is_some()
    }

    /// The key is a file, so its entry can't be of one piece with it.
    async fn record_rotation(&self, kid: &str) -> Result<(), database::Error> {
        let mut tx = self.db.begin(Platform).await?;
        let entry = Entry::platform(Action::SigningKeyRotated).about(Subject::named("signing_key", kid));
        self.audit.record(&mut tx, entry).await?;
        tx.commit().await
    }

    /// How often a password was hashed since the start.
    pub fn password_hashes(&self) -> u64 {
        self.passwords.computed()
    }
}
