//! Access tokens: JWTs by RFC 9068, signed with Ed25519 (RFC 8037), good for minutes.
//!
//! Invariants: the algorithm and the key are ours to choose. A header may name one of our keys
//! by `kid` and nothing else; one that brings a key, an address of a key or an extension is
//! refused. A token that was found good is remembered by its SHA-256, as checking a signature takes
//! longer than all else about a request. Times are checked against the [`Env`], without leeway: one clock writes and reads them.

use std::{sync::Arc, time::Duration};

use contracts::identity::{AuthenticationError, Claimed};
use jsonwebtoken::{Algorithm, Header, Validation};
use kernel::{Env, SessionId, Timestamp, UserId, WorkspaceId};
use moka::sync::Cache;
use serde::{Deserialize, Serialize};

use super::KeyRing;
use crate::secret::SecretHash;

const TYPE: &str = "at+jwt";
const AUDIENCE: &str = "parlance-api";
/// Ours have about 500 bytes.
const MAX_LENGTH: usize = 2048;
/// Tokens that are remembered as good: some hundred bytes each.
const KNOWN: u64 = 50_000;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Claims {
    pub iss: String,
    pub aud: String,
    pub sub: UserId,
    /// The session.
    pub sid: SessionId,
    /// The workspace.
    pub wid: WorkspaceId,
    pub iat: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nbf: Option<i64>,
    pub exp: i64,
    pub jti: String,
    /// Who acts as the user (RFC 8693, section 4.1); absent: the user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<Actor>,
}

/// Somebody who acts as the token's subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Actor {
    pub sub: UserId,
}

pub(crate) struct AccessTokens {
    env: Env,
    keys: Arc<KeyRing>,
    issuer: String,
    ttl: Duration,
    validation: Validation,
    known: Cache<SecretHash, (u64, Good)>,
}

/// What a token says whose signature and form are ours.
#[derive(Debug, Clone, Copy)]
struct Good {
    claimed: Claimed,
    not_before: Option<i64>,
    expires: i64,
}

impl AccessTokens {
    pub fn new(env: Env, keys: Arc<KeyRing>, issuer: String, ttl: Duration) -> Self {
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_audience(&[AUDIENCE]);
        validation.set_issuer(&[&issuer]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        // The library would ask the machine's clock; see `check_times`.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        Self {
            env,
            keys,
            issuer,
            ttl,
            validation,
            known: Cache::builder().max_capacity(KNOWN).time_to_live(ttl).build(),
        }
    }

    /// A token for the session in the workspace, and the seconds it is good for: never past the session's end.
    pub fn issue(
        &self,
        user: UserId,
        session: SessionId,
        workspace: WorkspaceId,
        session_ends: Timestamp,
        impersonator: Option<UserId>,
    ) -> Result<(String, u64), jsonwebtoken::errors::Error> {
        let now = self.env.now();
        let lifetime = self.ttl.min(session_ends.since(now)).as_secs();
        let key = self.keys.signing();
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: AUDIENCE.to_owned(),
            sub: user,
            sid: session,
            wid: workspace,
            iat: now.seconds(),
            nbf: None,
            exp: now.seconds().saturating_add_unsigned(lifetime),
            jti: self.env.uuid().to_string(),
            act: impersonator.map(|sub| Actor { sub }),
        };
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(TYPE.to_owned());
        header.kid = Some(key.kid.clone());
        Ok((jsonwebtoken::encode(&header, &claims, &key.encoding)?, lifetime))
    }

    /// What a token says that we signed and that is good now. Says nothing of its session.
    pub async fn verify(&self, token: &str) -> Result<Claimed, AuthenticationError> {
        if token.len() > MAX_LENGTH {
            return Err(AuthenticationError::Invalid);
        }
        let digest = SecretHash::of(token);
        let keys = self.keys.generation();
        let good = match self.known.get(&digest) {
            Some((under, good)) if under == keys => good,
            _ => {
                let good = self.open(token).await?;
                self.known.insert(digest, (keys, good));
                good
            }
        };
        self.check_times(&good)?;
        Ok(good.claimed)
    }

    /// Checks the signature and the form.
    async fn open(&self, token: &str) -> Result<Good, AuthenticationError> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| AuthenticationError::Invalid)?;
        let kid = plain(&header).ok_or(AuthenticationError::Invalid)?;
        let key = self.keys.find(kid).await.ok_or(AuthenticationError::Invalid)?;
        let claims = jsonwebtoken::decode::<Claims>(token, &key.decoding, &self.validation)
            .map_err(|_| AuthenticationError::Invalid)?
            .claims;
        let claimed = Claimed {
            user: claims.sub,
            session: claims.sid,
            workspace: claims.wid,
            impersonator: claims.act.map(|actor| actor.sub),
        };
        Ok(Good { claimed, not_before: claims.nbf, expires: claims.exp })
    }

    fn check_times(&self, good: &Good) -> Result<(), AuthenticationError> {
        let now = self.env.now().seconds();
        if good.expires <= now {
            return Err(AuthenticationError::Expired);
        }
        if good.not_before.is_some_and(|nbf| nbf > now) {
            return Err(AuthenticationError::Invalid);
        }
        Ok(())
    }
}

/// The key's name, if the header says what ours say and no more.
fn plain(header: &Header) -> Option<&str> {
    let mut expected = Header::new(Algorithm::EdDSA);
    expected.typ = Some(TYPE.to_owned());
    expected.kid.clone_from(&header.kid);
    if *header == expected { header.kid.as_deref() } else { None }
}
