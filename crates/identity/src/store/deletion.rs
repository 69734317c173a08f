//! Accounts that their people have asked to delete.

use database::{Db, Error, Platform, Tx, params};
use kernel::{Timestamp, UserId};

/// When what is personal is erased; none: nobody has asked.
pub(crate) async fn erases_at(db: &Db, user: UserId) -> Result<Option<Timestamp>, Error> {
    let row: Option<(Option<Timestamp>,)> =
        db.optional(Platform, "SELECT erases_at FROM users WHERE id = $1", params![user]).await?;
    Ok(row.and_then(|(at,)| at))
}

/// False: it was asked for before.
pub(crate) async fn ask(tx: &mut Tx, user: UserId, now: Timestamp, erases_at: Timestamp) -> Result<bool, Error> {
    let asked = tx
        .execute(
            "UPDATE users SET deletion_asked_at = $2, erases_at = $3, updated_at = $2
             WHERE id = $1 AND erases_at IS NULL AND disabled_at IS NULL",
            params![user, now, erases_at],
        )
        .await?;
    Ok(asked == 1)
}

/// False: it was not asked for.
pub(crate) async fn take_back(tx: &mut Tx, user: UserId, now: Timestamp) -> Result<bool, Error> {
    let kept = tx
        .execute(
            "UPDATE users SET deletion_asked_at = NULL, erases_at = NULL, updated_at = $2
             WHERE id = $1 AND erases_at IS NOT NULL",
            params![user, now],
        )
        .await?;
    Ok(kept == 1)
}

/// Whose time has come, the longest waiting first.
pub(crate) async fn due(db: &Db, now: Timestamp, limit: i64) -> Result<Vec<UserId>, Error> {
    let rows: Vec<(UserId,)> = db
        .all(
            Platform,
            "SELECT id FROM users WHERE erases_at <= $1 ORDER BY erases_at, id LIMIT $2",
            params![now, limit],
        )
        .await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Takes name, address and all that they have chosen from the row, and gives the address that it had. The id stays, for
/// what the ledger and the audit log refer to; the address that stands there can receive nothing (RFC 2606). None: its time
/// has not come, or not any more.
pub(crate) async fn erase_user(tx: &mut Tx, user: UserId, now: Timestamp) -> Result<Option<String>, Error> {
    let found: Option<(String,)> = tx
        .optional(
            "UPDATE users SET updated_at = $2 WHERE id = $1 AND erases_at <= $2 RETURNING email",
            params![user, now],
        )
        .await?;
    let Some((email,)) = found else { return Ok(None) };
    let nobody = format!("{user}@erased.invalid");
    tx.execute(
        "UPDATE users SET email = $2, email_lower = $2, name = '', password_hash = '!', locale = 'en', theme = 'system',
                          attributes = $3, avatar_digest = NULL, email_verified_at = NULL, last_login_at = NULL,
                          platform_admin = FALSE, disabled_at = $4, erased_at = $4, deletion_asked_at = NULL,
                          erases_at = NULL, updated_at = $4
         WHERE id = $1",
        params![user, nobody, database::Json(serde_json::Map::new()), now],
    )
    .await?;
    for statement in [
        "DELETE FROM user_avatars WHERE user_id = $1",
        "DELETE FROM api_keys WHERE user_id = $1",
        "DELETE FROM sessions WHERE user_id = $1",
        "DELETE FROM email_tokens WHERE user_id = $1",
        "DELETE FROM known_devices WHERE user_id = $1",
        "DELETE FROM totp_factors WHERE user_id = $1",
        "DELETE FROM recovery_codes WHERE user_id = $1",
        "DELETE FROM passkeys WHERE user_id = $1",
        "DELETE FROM identities WHERE user_id = $1",
        "DELETE FROM auth_challenges WHERE user_id = $1",
        "DELETE FROM scim_users WHERE user_id = $1",
    ] {
        tx.execute(statement, params![user]).await?;
    }
    Ok(Some(email))
}
