//! Authenticator apps and recovery codes.

use database::{Db, Error, Platform, Tx, from_row, params};
use kernel::{Timestamp, UserId};

/// What a person's authenticator app makes codes from.
pub(crate) struct Totp {
    /// Sealed.
    pub secret: Vec<u8>,
    /// None: it is not in force yet.
    pub confirmed_at: Option<Timestamp>,
}
from_row!(Totp { secret, confirmed_at });

/// Which factors a person has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Owned {
    pub totp_since: Option<Timestamp>,
    pub passkeys: i64,
    pub recovery_codes: i64,
}
from_row!(Owned { totp_since, passkeys, recovery_codes });

pub(crate) async fn owned(db: &Db, user: UserId) -> Result<Owned, Error> {
    db.one(
        Platform,
        "SELECT (SELECT confirmed_at FROM totp_factors WHERE user_id = $1),
                (SELECT count(*) FROM passkeys WHERE user_id = $1),
                (SELECT count(*) FROM recovery_codes WHERE user_id = $1)",
        params![user],
    )
    .await
}

pub(crate) async fn totp(db: &Db, user: UserId) -> Result<Option<Totp>, Error> {
    db.optional(Platform, "SELECT secret, confirmed_at FROM totp_factors WHERE user_id = $1", params![user]).await
}

/// Keeps a secret that waits for its first code, in place of another that waits. False: one is in force.
pub(crate) async fn begin_totp(tx: &mut Tx, user: UserId, secret: Vec<u8>, now: Timestamp) -> Result<bool, Error> {
    let kept = tx
        .execute(
            "INSERT INTO totp_factors (user_id, secret, last_step, created_at) VALUES ($1, $2, 0, $3)
             ON CONFLICT (user_id) DO UPDATE SET secret = $2, created_at = $3
             WHERE totp_factors.confirmed_at IS NULL",
            params![user, secret, now],
        )
        .await?;
    Ok(kept == 1)
}

/// Puts the secret in force that a first code was made from. False: it is not any more the one that waits.
pub(crate) async fn confirm_totp(
    tx: &mut Tx,
    user: UserId,
    secret: Vec<u8>,
    step: i64,
    now: Timestamp,
) -> Result<bool, Error> {
    let confirmed = tx
        .execute(
            "UPDATE totp_factors SET confirmed_at = $4, last_step = $3
             WHERE user_id = $1 AND secret = $2 AND confirmed_at IS NULL",
            params![user, secret, step, now],
        )
        .await?;
    Ok(confirmed == 1)
}

/// Uses the code of a time step up, with all older ones. False: it or a newer one was used, or the secret is
/// not any more the one that was checked. Of two who use one code at the same time, one gets true.
pub(crate) async fn use_step(tx: &mut Tx, user: UserId, secret: Vec<u8>, step: i64) -> Result<bool, Error> {
    let used = tx
        .execute(
            "UPDATE totp_factors SET last_step = $3
             WHERE user_id = $1 AND secret = $2 AND last_step < $3 AND confirmed_at IS NOT NULL",
            params![user, secret, step],
        )
        .await?;
    Ok(used == 1)
}

/// False: there was none.
pub(crate) async fn delete_totp(tx: &mut Tx, user: UserId) -> Result<bool, Error> {
    Ok(tx.execute("DELETE FROM totp_factors WHERE user_id = $1", params![user]).await? == 1)
}

/// How many factors the person has, as the transaction sees them; recovery codes are none.
pub(crate) async fn count(tx: &mut Tx, user: UserId) -> Result<i64, Error> {
    let (totp, passkeys): (i64, i64) = tx
        .one(
            "SELECT (SELECT count(*) FROM totp_factors WHERE user_id = $1 AND confirmed_at IS NOT NULL),
                    (SELECT count(*) FROM passkeys WHERE user_id = $1)",
            params![user],
        )
        .await?;
    Ok(totp + passkeys)
}

/// Takes every factor and every recovery code away from the person.
pub(crate) async fn delete_all(tx: &mut Tx, user: UserId) -> Result<(), Error> {
    tx.execute("DELETE FROM totp_factors WHERE user_id = $1", params![user]).await?;
    tx.execute("DELETE FROM recovery_codes WHERE user_id = $1", params![user]).await?;
    tx.execute("DELETE FROM passkeys WHERE user_id = $1", params![user]).await?;
    Ok(())
}

/// Replaces all recovery codes.
pub(crate) async fn set_recovery_codes(
    tx: &mut Tx,
    user: UserId,
    hashes: Vec<Vec<u8>>,
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute("DELETE FROM recovery_codes WHERE user_id = $1", params![user]).await?;
    for hash in hashes {
        tx.execute(
            "INSERT INTO recovery_codes (user_id, code_hash, created_at) VALUES ($1, $2, $3)",
            params![user, hash, now],
        )
        .await?;
    }
    Ok(())
}

/// Uses a recovery code up, and says how many are left. None: there is no such code; of two who use one at the
/// same time, one gets this.
pub(crate) async fn take_recovery_code(tx: &mut Tx, user: UserId, hash: Vec<u8>) -> Result<Option<i64>, Error> {
    let taken =
        tx.execute("DELETE FROM recovery_codes WHERE user_id = $1 AND code_hash = $2", params![user, hash]).await?;
    if taken == 0 {
        return Ok(None);
    }
    let (left,): (i64,) = tx.one("SELECT count(*) FROM recovery_codes WHERE user_id = $1", params![user]).await?;
    Ok(Some(left))
}
