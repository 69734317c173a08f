//! Passwords: which are accepted, and how they are hashed.
//!
//! Invariants: a password is hashed exactly as it was typed; hashing runs on blocking threads,
//! few at a time, so that a flood of logins costs time and not memory; to check a password
//! costs the same whether or not there is a hash to check it against.

use std::{
    num::NonZero,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicU64, Ordering},
    },
};

use argon2::{Algorithm, Argon2, Params, PasswordHash, PasswordHasher, PasswordVerifier, Version};
use kernel::Env;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Semaphore;

/// The cost of a hash: the minimum of the OWASP Password Storage Cheat Sheet for argon2id.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// Characters that a password may have (Unicode scalar values).
const LENGTH: std::ops::RangeInclusive<usize> = 8..=256;
/// Passwords that attackers try first: the 5,000 most frequent ones of public leaks that are long enough
/// (ranked by zxcvbn's lists) and others; lower-case, one a line, in the order of their bytes.
const COMMON: &str = include_str!("common_passwords.txt");
/// Hashes computed at the same time: each takes memory and a core.
const MAX_PARALLEL: usize = 4;
/// Callers that may wait for their turn. More are told to come back.
const MAX_WAITING: usize = 256;
/// More of them waiting than people would be.
const CROWD: usize = MAX_WAITING / 4;
/// Stands in for the salt where there is no user.
const NO_SALT: [u8; 16] = *b"salt of nobody..";

#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    #[error("too many passwords are being checked")]
    Busy,
    #[error("argon2: {0}")]
    Hash(#[from] argon2::password_hash::Error),
    #[error("argon2: {0}")]
    Cost(#[from] argon2::Error),
    #[error("hashing broke off: {0}")]
    Join(#[from] tokio::task::JoinError),
}

/// Says what is wrong with a new password for the user of this address.
pub(crate) fn check(password: &SecretString, email: &str) -> Result<(), &'static str> {
    let text = password.expose_secret();
    let length = text.chars().count();
    if length < *LENGTH.start() {
        return Err("must have at least 8 characters");
    }
    if length > *LENGTH.end() {
        return Err("must have at most 256 characters");
    }
    let lower = text.to_lowercase();
    let mut characters = lower.chars();
    let first = characters.next();
    if characters.all(|character| Some(character) == first) || is_common(&lower) {
        return Err("is one of the passwords that are guessed first; choose another one");
    }
    if lower == email.trim().to_lowercase() {
        return Err("must not be the e-mail address");
    }
    Ok(())
}

fn is_common(lower: &str) -> bool {
    static SORTED: LazyLock<Vec<&str>> = LazyLock::new(|| COMMON.lines().collect());
    SORTED.binary_search(&lower).is_ok()
}

/// What checking a password gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub matches: bool,
    /// The hash was made with another cost than today's.
    pub outdated: bool,
}

/// Computes argon2id hashes (RFC 9106).
pub(crate) struct Passwords {
    env: Env,
    params: Params,
    running: Arc<Semaphore>,
    waiting: Semaphore,
    computed: Arc<AtomicU64>,
}

impl Passwords {
    pub fn new(env: Env) -> Result<Self, PasswordError> {
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        Ok(Self {
            env,
            params: Params::new(MEMORY_KIB, PASSES, LANES, None)?,
            running: Arc::new(Semaphore::new(cores.min(MAX_PARALLEL))),
            waiting: Semaphore::new(MAX_WAITING),
            computed: Arc::default(),
        })
    }

    /// How often argon2 ran so far.
    pub fn computed(&self) -> u64 {
        self.computed.load(Ordering::Relaxed)
    }

    /// Whether so many wait for their turn that it looks like an attack.
    pub fn is_crowded(&self) -> bool {
        MAX_WAITING - self.waiting.available_permits() >= CROWD
    }

    /// A PHC string with a new salt.
    pub async fn hash(&self, password: &SecretString) -> Result<String, PasswordError> {
        let salt = self.env.random::<16>();
        self.run(password, move |argon2, password| {
            let hash: PasswordHash = argon2.hash_password_with_salt(password, &salt)?;
            Ok(hash.to_string())
        })
        .await
    }

    /// Checks a password against a hash. Without one it does the same work and finds no match.
    pub async fn verify(&self, password: &SecretString, hash: Option<&str>) -> Result<Verdict, PasswordError> {
        // Who has no password has no hash either.
        let hash = hash.filter(|hash| !hash.is_empty());
        let hash = hash.map(PasswordHash::new).transpose().map_err(argon2::password_hash::Error::from)?;
        let params = self.params.clone();
        self.run(password, move |argon2, password| {
            let Some(hash) = hash else {
                let _: PasswordHash = argon2.hash_password_with_salt(password, &NO_SALT)?;
                return Ok(Verdict { matches: false, outdated: false });
            };
            let matches = match argon2.verify_password(password, &hash) {
                Ok(()) => true,
                Err(argon2::password_hash::Error::PasswordInvalid) => false,
                Err(error) => return Err(error.into()),
            };
            let outdated = hash.algorithm != argon2::ARGON2ID_IDENT
                || Params::try_from(&hash).is_ok_and(|used| !same_cost(&used, &params));
            Ok(Verdict { matches, outdated })
        })
        .await
    }

    /// Runs one computation on a blocking thread, when it is its turn.
    async fn run<T: Send + 'static>(
        &self,
        password: &SecretString,
        work: impl FnOnce(Argon2<'static>, &[u8]) -> Result<T, PasswordError> + Send + 'static,
    ) -> Result<T, PasswordError> {
        let place = self.waiting.try_acquire().map_err(|_| PasswordError::Busy)?;
        let turn = self.running.clone().acquire_owned().await.map_err(|_| PasswordError::Busy)?;
        drop(place);
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, self.params.clone());
        let password = password.clone();
        let computed = self.computed.clone();
        tokio::task::spawn_blocking(move || {
            // The turn ends with the work, not with the request: a caller who left frees no memory.
            let _turn = turn;
            computed.fetch_add(1, Ordering::Relaxed);
            work(argon2, password.expose_secret().as_bytes())
        })
        .await?
    }
}

fn same_cost(one: &Params, other: &Params) -> bool {
    (one.m_cost(), one.t_cost(), one.p_cost()) == (other.m_cost(), other.t_cost(), other.p_cost())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(password: &str) -> Result<(), &'static str> {
        check(&password.into(), "ann@example.com")
    }

    #[test]
    fn counts_characters_and_not_bytes() {
        assert!(verdict("ăâđêôơưă").is_ok());
        assert!(verdict("ăâđêôơư").is_err());
        assert!(verdict(&"x y".repeat(85)).is_ok());
        assert!(verdict(&"x y ".repeat(65)).is_err());
    }

    #[test]
    fn refuses_what_is_guessed_first() {
        for password in ["password", "PassWord1", "Liverpool", "12345678", "aaaaaaaaaaaa", "Ann@Example.com"] {
            assert!(verdict(password).is_err(), "{password}");
        }
        assert!(verdict("a password nobody has").is_ok());
    }

    #[test]
    fn the_list_is_lower_case_sorted_and_long_enough_to_matter() {
        let lines: Vec<&str> = COMMON.lines().collect();
        assert!(lines.is_sorted() && lines.len() > 5_000);
        for line in lines {
            assert!(line.chars().count() >= 8 && line.to_lowercase() == line, "{line}");
        }
    }
}
