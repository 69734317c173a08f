//! What administrators of the platform see of all users, and who is an administrator.

use database::{Db, Error, FromRow, Platform, Row, Tx, like_containing, params};
use kernel::{Timestamp, UserId};

use super::{sessions, users::avatar_url};
use crate::model::{PlatformUser, UserStatus};

macro_rules! user {
    () => {
        "u.id, u.email, u.name, u.avatar_digest, u.platform_admin, u.email_verified_at, u.disabled_at, u.created_at,
         u.last_login_at,
         (SELECT max(s.last_used_at) FROM sessions s WHERE s.user_id = u.id AND s.impersonator_id IS NULL),
         (SELECT count(*) FROM sessions s
          WHERE s.user_id = u.id AND s.revoked_at IS NULL AND s.expires_at > $1)
         FROM users u"
    };
}

impl FromRow for PlatformUser {
    fn from_row(row: &mut Row<'_>) -> Result<Self, Error> {
        let (id, email, name) = (row.next()?, row.next()?, row.next()?);
        let digest: Option<String> = row.next()?;
        Ok(Self {
            id,
            email,
            name,
            avatar_url: avatar_url(id, digest.as_deref()),
            platform_admin: row.next()?,
            email_verified: row.next::<Option<Timestamp>>()?.is_some(),
            disabled_at: row.next()?,
            created_at: row.next()?,
            last_login_at: row.next()?,
            last_seen_at: row.next()?,
            sessions: row.next()?,
        })
    }
}

/// Users that pass the filter, the newest first, below the given id.
pub(crate) async fn page(
    db: &Db,
    search: Option<&str>,
    status: Option<UserStatus>,
    before: Option<UserId>,
    limit: i64,
    now: Timestamp,
) -> Result<Vec<PlatformUser>, Error> {
    let search = search.map(str::trim).filter(|search| !search.is_empty());
    let id = search.and_then(|search| search.parse::<UserId>().ok());
    let before = before.unwrap_or(UserId::from_uuid(uuid::Uuid::max()));
    db.all(
        Platform,
        concat!(
            "SELECT ",
            user!(),
            " WHERE u.id < $2
               AND (CAST($3 AS TEXT) IS NULL OR u.id = $4 OR u.email_lower LIKE $3 ESCAPE '\\'
                   OR lower(u.name) LIKE $3 ESCAPE '\\')
               AND (CAST($5 AS TEXT) IS NULL
                   OR ($5 = 'active' AND u.disabled_at IS NULL)
                   OR ($5 = 'disabled' AND u.disabled_at IS NOT NULL)
                   OR ($5 = 'admin' AND u.platform_admin))
             ORDER BY u.id DESC LIMIT $6"
        ),
        params![
            now,
            before,
            search.map(|search| like_containing(&search.to_lowercase())),
            id,
            status.map(UserStatus::as_str),
            limit
        ],
    )
    .await
}

pub(crate) async fn find(db: &Db, id: UserId, now: Timestamp) -> Result<Option<PlatformUser>, Error> {
    db.optional(Platform, concat!("SELECT ", user!(), " WHERE u.id = $2"), params![now, id]).await
}

/// Administrators who may sign in.
pub(crate) async fn count_administrators(tx: &mut Tx) -> Result<i64, Error> {
    let (count,): (i64,) =
        tx.one("SELECT count(*) FROM users WHERE platform_admin AND disabled_at IS NULL", params![]).await?;
    Ok(count)
}

/// Makes the user an administrator, or none. False: no such user.
pub(crate) async fn set_administrator(tx: &mut Tx, id: UserId, admin: bool, now: Timestamp) -> Result<bool, Error> {
    let changed = tx
        .execute("UPDATE users SET platform_admin = $2, updated_at = $3 WHERE id = $1", params![id, admin, now])
        .await?;
    // What is cached of sessions says so too.
    tx.bump(sessions::EPOCH).await?;
    Ok(changed == 1)
}

/// Keeps what a setup link is found by; forgets those that have ended.
pub(crate) async fn insert_setup(
    tx: &mut Tx,
    hash: Vec<u8>,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<(), Error> {
    tx.execute("DELETE FROM setup_tokens WHERE expires_at <= $1", params![now]).await?;
    tx.execute(
        "INSERT INTO setup_tokens (token_hash, created_at, expires_at) VALUES ($1, $2, $3)",
        params![hash, now, expires_at],
    )
    .await?;
    Ok(())
}

/// Whether the link is good, without using it.
pub(crate) async fn has_setup(db: &Db, hash: Vec<u8>, now: Timestamp) -> Result<bool, Error> {
    let found: Option<(Timestamp,)> = db
        .optional(
            Platform,
            "SELECT expires_at FROM setup_tokens WHERE token_hash = $1 AND expires_at > $2",
            params![hash, now],
        )
        .await?;
    Ok(found.is_some())
}

/// Uses the link, and with it every other one. False: it is no good.
pub(crate) async fn take_setup(tx: &mut Tx, hash: Vec<u8>, now: Timestamp) -> Result<bool, Error> {
    let taken =
        tx.execute("DELETE FROM setup_tokens WHERE token_hash = $1 AND expires_at > $2", params![hash, now]).await?;
    forget_setups(tx).await?;
    Ok(taken == 1)
}

/// Ends every link.
pub(crate) async fn forget_setups(tx: &mut Tx) -> Result<(), Error> {
    tx.execute("DELETE FROM setup_tokens", params![]).await?;
    Ok(())
}
