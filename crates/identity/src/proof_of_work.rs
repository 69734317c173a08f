//! Work that strangers' browsers are asked for while more strangers come than people would, or while more passwords
//! wait to be checked than people type: ALTCHA's proof of work, version 2 (<https://altcha.org/docs/v2/>).
//!
//! A challenge is signed and kept nowhere, so that to ask for work costs a flood's victim a hash and no memory.
//! Its solution counts once, for five minutes, in any process that shares the secret; where processes don't share
//! Redis, once in each. A person waits for about a second and does nothing; who makes accounts by the thousand pays
//! with a core for as long.
//!
//! Deliberately absent: pictures and riddles, which shut people out, and services elsewhere that would watch them.

use std::{collections::BTreeMap, time::Duration};

use altcha::{Challenge, CreateChallengeOptions, Payload, VerifySolutionOptions};
use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::STANDARD};
use kernel::Env;
use serde::Deserialize;
use web::limit::{Limiter, Policy};

use crate::{Identity, IdentityError, password::PasswordError};

/// PBKDF2 with SHA-256, which every browser brings.
const ALGORITHM: &str = "PBKDF2/SHA-256";
/// Its rounds. One derivation is a few milliseconds, and that is what a check costs.
const COST: u32 = 8_000;
/// What the derived key begins with: one of 256 does.
const PREFIX: &str = "00";
/// How long a challenge may take.
const TTL: Duration = Duration::from_secs(300);
/// Each solution once, for longer than it is good.
const ONCE: Policy = Policy { name: "proof_of_work", burst: 1, period: Duration::from_secs(600) };
/// Until when a challenge is good, in seconds since 1970. Not in `expiresAt`, which is held against the machine's
/// clock instead of ours.
const UNTIL: &str = "until";
/// Longer than any solution.
const MAX_LENGTH: usize = 4_096;

/// When strangers work.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProofOfWork {
    Never,
    /// While more of them come than [`Config::strangers`](crate::Config::strangers), or many passwords wait.
    #[default]
    UnderAttack,
    Always,
}

/// Makes challenges and checks what comes back.
pub(crate) struct Works {
    when: ProofOfWork,
    env: Env,
    limiter: Limiter,
    pace: Policy,
    secret: String,
}

impl Works {
    pub fn new(when: ProofOfWork, env: Env, limiter: Limiter, pace: Policy, secret: &hmac::Key) -> Self {
        let secret = STANDARD.encode(hmac::sign(secret, b"proof of work"));
        Self { when, env, limiter, pace, secret }
    }

    fn challenge(&self) -> Result<Challenge, altcha::Error> {
        let until = (self.env.now() + TTL).seconds();
        altcha::create_challenge(CreateChallengeOptions {
            algorithm: ALGORITHM.to_owned(),
            cost: COST,
            key_prefix: PREFIX.to_owned(),
            data: Some(BTreeMap::from([(UNTIL.to_owned(), until.into())])),
            hmac_signature_secret: Some(self.secret.clone()),
            ..CreateChallengeOptions::default()
        })
    }

    /// Whether it is the solution of a challenge of ours that is still good and was not handed in before.
    async fn accepts(&self, solution: &str) -> Result<bool, IdentityError> {
        if solution.len() > MAX_LENGTH {
            return Ok(false);
        }
        let payload = STANDARD.decode(solution).ok().and_then(|json| serde_json::from_slice::<Payload>(&json).ok());
        let Some(payload) = payload else { return Ok(false) };
        let parameters = &payload.challenge.parameters;
        let until = parameters.data.as_ref().and_then(|data| data.get(UNTIL)).and_then(serde_json::Value::as_i64);
        if until.is_none_or(|until| until < self.env.now().seconds()) {
            return Ok(false);
        }
        // Before the work of checking it, so that one challenge costs us no more than one derivation.
        if !self.limiter.check(&ONCE, &parameters.nonce).await.allowed {
            return Ok(false);
        }
        let secret = self.secret.clone();
        let verdict = tokio::task::spawn_blocking(move || {
            let options = VerifySolutionOptions::new(&payload.challenge, &payload.solution, secret);
            altcha::verify_solution(options)
        });
        // What can't be computed with is no solution.
        Ok(verdict.await.map_err(PasswordError::Join)?.is_ok_and(|verdict| verdict.verified))
    }

    /// Lets pass who need not work or has, and says whether they have; else gives the challenge.
    async fn require(&self, needed: bool, solution: Option<&str>) -> Result<bool, IdentityError> {
        if !needed {
            return Ok(false);
        }
        if let Some(solution) = solution
            && self.accepts(solution).await?
        {
            return Ok(true);
        }
        metrics::counter!("parlance_proofs_of_work_asked_total").increment(1);
        Err(IdentityError::WorkNeeded(Box::new(self.challenge()?)))
    }
}

impl Identity {
    /// Before a stranger makes an account or has a letter sent.
    pub(crate) async fn stranger_works(&self, solution: Option<&str>) -> Result<(), IdentityError> {
        let needed = match self.works.when {
            ProofOfWork::Never => false,
            ProofOfWork::Always => true,
            // All strangers are counted together: an attack comes from many addresses.
            ProofOfWork::UnderAttack => !self.limiter.check(&self.works.pace, "").await.allowed,
        };
        self.works.require(needed, solution).await.map(drop)
    }

    /// Before a password is checked; whether work was done for it.
    pub(crate) async fn password_works(&self, solution: Option<&str>) -> Result<bool, IdentityError> {
        let needed = match self.works.when {
            ProofOfWork::Never => false,
            ProofOfWork::Always => true,
            // Without a pause before they take their place: so no more get in than there is room for.
            ProofOfWork::UnderAttack => self.passwords.is_crowded(),
        };
        self.works.require(needed, solution).await
    }
}
