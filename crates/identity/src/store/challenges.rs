//! What somebody has begun and must finish soon, once.

use database::{Db, Error, Platform, Tx, from_row, params};
use kernel::{Timestamp, UserId};

/// What a challenge is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A login that lacks its second factor.
    LogIn,
    RegisterPasskey,
    UsePasskey,
}

impl Purpose {
    const fn as_str(self) -> &'static str {
        match self {
            Self::LogIn => "login",
            Self::RegisterPasskey => "register_passkey",
            Self::UsePasskey => "use_passkey",
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Challenge {
    /// None: the passkey will say.
    pub user: Option<UserId>,
    /// The browser that alone may finish it; none: any.
    pub device_hash: Option<Vec<u8>>,
    /// What a passkey has to sign, as JSON.
    pub state: Option<String>,
}
from_row!(Challenge { user, device_hash, state });

pub(crate) async fn insert(
    tx: &mut Tx,
    hash: Vec<u8>,
    purpose: Purpose,
    challenge: Challenge,
    (now, expires_at): (Timestamp, Timestamp),
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO auth_challenges (token_hash, purpose, user_id, device_hash, state, failures, created_at,
                                      expires_at)
         VALUES ($1, $2, $3, $4, $5, 0, $6, $7)",
        params![hash, purpose.as_str(), challenge.user, challenge.device_hash, challenge.state, now, expires_at],
    )
    .await?;
    Ok(())
}

/// One that can still be finished, without using it up: not after `max_failures`.
pub(crate) async fn find(
    db: &Db,
    hash: Vec<u8>,
    purpose: Purpose,
    max_failures: i64,
    now: Timestamp,
) -> Result<Option<Challenge>, Error> {
    db.optional(
        Platform,
        "SELECT user_id, device_hash, state FROM auth_challenges
         WHERE token_hash = $1 AND purpose = $2 AND failures < $3 AND expires_at > $4",
        params![hash, purpose.as_str(), max_failures, now],
    )
    .await
}

/// Uses one up. None: it was used, has ended, or never was; of two who use one at the same time, one gets this.
pub(crate) async fn take(
    tx: &mut Tx,
    hash: Vec<u8>,
    purpose: Purpose,
    now: Timestamp,
) -> Result<Option<Challenge>, Error> {
    tx.optional(
        "DELETE FROM auth_challenges WHERE token_hash = $1 AND purpose = $2 AND expires_at > $3
         RETURNING user_id, device_hash, state",
        params![hash, purpose.as_str(), now],
    )
    .await
}

/// Counts a try that came to nothing.
pub(crate) async fn count_failure(db: &Db, hash: Vec<u8>) -> Result<(), Error> {
    db.execute(Platform, "UPDATE auth_challenges SET failures = failures + 1 WHERE token_hash = $1", params![hash])
        .await?;
    Ok(())
}

/// Makes all of the user worthless.
pub(crate) async fn delete_all(tx: &mut Tx, user: UserId) -> Result<(), Error> {
    tx.execute("DELETE FROM auth_challenges WHERE user_id = $1", params![user]).await?;
    Ok(())
}

/// Deletes those that have ended.
pub(crate) async fn delete_ended(db: &Db, now: Timestamp) -> Result<u64, Error> {
    db.execute(Platform, "DELETE FROM auth_challenges WHERE expires_at <= $1", params![now]).await
}
