//! Browsers that users have signed in with.

use std::time::Duration;

use database::{Db, Error, Platform, Tx, params};
use kernel::{Timestamp, UserId};

/// Devices of a user that are remembered: a program without cookies is a new one each time.
const REMEMBERED: i64 = 50;
/// New ones in an hour that are worth a letter.
const NOTED: i64 = 5;

/// Notes a login with a device. True: the user has used others before, and not this one, so they should know;
/// not if there were many new ones just now.
pub(crate) async fn note(tx: &mut Tx, user: UserId, device_hash: Vec<u8>, now: Timestamp) -> Result<bool, Error> {
    let known = tx
        .execute(
            "UPDATE known_devices SET last_used_at = $3 WHERE user_id = $1 AND device_hash = $2",
            params![user, device_hash.clone(), now],
        )
        .await?;
    if known > 0 {
        return Ok(false);
    }
    let hour_ago = now - Duration::from_secs(3600);
    let (others, recent): (i64, i64) = tx
        .one(
            "SELECT count(*), count(CASE WHEN first_used_at > $2 THEN 1 END) FROM known_devices WHERE user_id = $1",
            params![user, hour_ago],
        )
        .await?;
    tx.execute(
        "INSERT INTO known_devices (user_id, device_hash, first_used_at, last_used_at) VALUES ($1, $2, $3, $3)
         ON CONFLICT (user_id, device_hash) DO NOTHING",
        params![user, device_hash, now],
    )
    .await?;
    if others >= REMEMBERED {
        tx.execute(
            "DELETE FROM known_devices WHERE user_id = $1 AND device_hash NOT IN
                 (SELECT device_hash FROM known_devices WHERE user_id = $1
                  ORDER BY last_used_at DESC, device_hash LIMIT $2)",
            params![user, REMEMBERED],
        )
        .await?;
    }
    Ok(others > 0 && recent <= NOTED)
}

/// Whether the user of this address has signed in with the device.
pub(crate) async fn is_known(db: &Db, email_lower: &str, device_hash: Vec<u8>) -> Result<bool, Error> {
    let found: Option<(Timestamp,)> = db
        .optional(
            Platform,
            "SELECT d.last_used_at FROM known_devices d JOIN users u ON u.id = d.user_id
             WHERE u.email_lower = $1 AND d.device_hash = $2",
            params![email_lower, device_hash],
        )
        .await?;
    Ok(found.is_some())
}

/// Forgets devices that were not used since `before`.
pub(crate) async fn delete_unused(db: &Db, before: Timestamp) -> Result<u64, Error> {
    db.execute(Platform, "DELETE FROM known_devices WHERE last_used_at < $1", params![before]).await
}
