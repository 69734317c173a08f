//! Users and their pictures.

use contracts::identity::UserSummary;
use database::{Db, Error, FromRow, Json, Platform, Row, Tx, from_row, params};
use kernel::{Timestamp, UserId};

use crate::model::{Attributes, Avatar, Locale, Theme, User};

/// Path of a user's picture. The digest makes it another path when the picture changes.
pub(super) fn avatar_url(id: UserId, digest: Option<&str>) -> Option<String> {
    digest.map(|digest| format!("/api/v1/users/{id}/avatar?v={}", digest.get(..16).unwrap_or(digest)))
}

impl FromRow for User {
    fn from_row(row: &mut Row<'_>) -> Result<Self, Error> {
        let id = row.next()?;
        let email = row.next()?;
        let name = row.next()?;
        let locale: String = row.next()?;
        let theme: String = row.next()?;
        let Json(attributes) = row.next()?;
        let digest: Option<String> = row.next()?;
        Ok(Self {
            id,
            email,
            name,
            avatar_url: avatar_url(id, digest.as_deref()),
            locale: Locale::from_name(&locale),
            theme: Theme::from_name(&theme),
            attributes,
            platform_admin: row.next()?,
            created_at: row.next()?,
            email_verified: row.next::<Option<Timestamp>>()?.is_some(),
        })
    }
}

/// A user with what it takes to check their password.
pub(crate) struct Credentials {
    pub user: User,
    pub password_hash: String,
    pub disabled: bool,
}

impl FromRow for Credentials {
    fn from_row(row: &mut Row<'_>) -> Result<Self, Error> {
        let user = User::from_row(row)?;
        let password_hash = row.next()?;
        let disabled_at: Option<Timestamp> = row.next()?;
        Ok(Self { user, password_hash, disabled: disabled_at.is_some() })
    }
}

/// What stands in place of the hash of a user who has no password: no hash at all, which nothing matches.
pub(crate) const NO_PASSWORD: &str = "";

pub(crate) struct NewUser {
    pub id: UserId,
    pub email: String,
    pub email_lower: String,
    pub name: String,
    pub password_hash: String,
    pub locale: Locale,
    pub platform_admin: bool,
    /// Whether somebody vouches for the address.
    pub email_verified: bool,
    pub now: Timestamp,
}

/// False: the address is taken.
pub(crate) async fn insert(tx: &mut Tx, user: &NewUser) -> Result<bool, Error> {
    let inserted = tx
        .execute(
            "INSERT INTO users (id, email, email_lower, name, password_hash, locale, theme, attributes,
                                platform_admin, created_at, updated_at, email_verified_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $11)
             ON CONFLICT (email_lower) DO NOTHING",
            params![
                user.id,
                user.email.as_str(),
                user.email_lower.as_str(),
                user.name.as_str(),
                user.password_hash.as_str(),
                user.locale.as_str(),
                Theme::default().as_str(),
                Json(Attributes::new()),
                user.platform_admin,
                user.now,
                user.email_verified.then_some(user.now)
            ],
        )
        .await?;
    Ok(inserted == 1)
}

pub(crate) async fn credentials_by_email(db: &Db, email_lower: &str) -> Result<Option<Credentials>, Error> {
    db.optional(
        Platform,
        "SELECT id, email, name, locale, theme, attributes, avatar_digest, platform_admin, created_at,
                email_verified_at, password_hash, disabled_at
         FROM users WHERE email_lower = $1",
        params![email_lower],
    )
    .await
}

pub(crate) async fn credentials(db: &Db, id: UserId) -> Result<Option<Credentials>, Error> {
    db.optional(
        Platform,
        "SELECT id, email, name, locale, theme, attributes, avatar_digest, platform_admin, created_at,
                email_verified_at, password_hash, disabled_at
         FROM users WHERE id = $1",
        params![id],
    )
    .await
}

pub(crate) async fn user(db: &Db, id: UserId) -> Result<Option<User>, Error> {
    db.optional(
        Platform,
        "SELECT id, email, name, locale, theme, attributes, avatar_digest, platform_admin, created_at,
                email_verified_at
         FROM users WHERE id = $1",
        params![id],
    )
    .await
}

struct Summary(UserSummary);

impl FromRow for Summary {
    fn from_row(row: &mut Row<'_>) -> Result<Self, Error> {
        let id = row.next()?;
        let email = row.next()?;
        let name = row.next()?;
        let digest: Option<String> = row.next()?;
        Ok(Self(UserSummary { id, email, name, avatar_url: avatar_url(id, digest.as_deref()) }))
    }
}

pub(crate) async fn summary_by_email(db: &Db, email_lower: &str) -> Result<Option<UserSummary>, Error> {
    let found: Option<Summary> = db
        .optional(
            Platform,
            "SELECT id, email, name, avatar_digest FROM users WHERE email_lower = $1",
            params![email_lower],
        )
        .await?;
    Ok(found.map(|Summary(user)| user))
}

/// How many ids one statement takes.
const BATCH: usize = 20;

pub(crate) async fn summaries(db: &Db, ids: &[UserId]) -> Result<Vec<UserSummary>, Error> {
    let mut found = Vec::with_capacity(ids.len());
    for batch in ids.chunks(BATCH) {
        // The statement is one text for any number of ids: the last one fills it up.
        let params = (0..BATCH).map(|index| batch[index.min(batch.len() - 1)].into()).collect();
        let rows: Vec<Summary> = db
            .all(
                Platform,
                "SELECT id, email, name, avatar_digest FROM users
                 WHERE id IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10,
                              $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)",
                params,
            )
            .await?;
        found.extend(rows.into_iter().map(|Summary(user)| user));
    }
    Ok(found)
}

/// Notes a login, if the password is still the one that was checked and the user is enabled.
/// Holds the user's row until the transaction ends, so that a change of the password can't
/// slip in between the check and the new session.
pub(crate) async fn note_login(
    tx: &mut Tx,
    id: UserId,
    checked_hash: &str,
    new_hash: Option<&str>,
    now: Timestamp,
) -> Result<bool, Error> {
    let noted = tx
        .execute(
            "UPDATE users SET last_login_at = $3, password_hash = COALESCE($4, password_hash)
             WHERE id = $1 AND password_hash = $2 AND disabled_at IS NULL",
            params![id, checked_hash, now, new_hash],
        )
        .await?;
    Ok(noted == 1)
}

/// Notes that the user signed in without a password.
pub(crate) async fn note_sign_in(tx: &mut Tx, id: UserId, now: Timestamp) -> Result<(), Error> {
    tx.execute("UPDATE users SET last_login_at = $2 WHERE id = $1", params![id, now]).await?;
    Ok(())
}

/// Leaves the user without a password.
pub(crate) async fn clear_password(tx: &mut Tx, id: UserId, now: Timestamp) -> Result<(), Error> {
    tx.execute("UPDATE users SET password_hash = '', updated_at = $2 WHERE id = $1", params![id, now]).await?;
    Ok(())
}

/// An enabled user, whose row is held until the transaction ends.
pub(crate) async fn lock(tx: &mut Tx, id: UserId) -> Result<Option<User>, Error> {
    tx.optional(
        "UPDATE users SET updated_at = updated_at WHERE id = $1 AND disabled_at IS NULL
         RETURNING id, email, name, locale, theme, attributes, avatar_digest, platform_admin, created_at,
                   email_verified_at",
        params![id],
    )
    .await
}

/// Holds the user's row until the transaction ends, if the password is still the one that was checked and the
/// user is enabled; `new_hash` is the same password at another cost.
pub(crate) async fn hold(tx: &mut Tx, id: UserId, checked_hash: &str, new_hash: Option<&str>) -> Result<bool, Error> {
    let held = tx
        .execute(
            "UPDATE users SET password_hash = COALESCE($3, password_hash)
             WHERE id = $1 AND password_hash = $2 AND disabled_at IS NULL",
            params![id, checked_hash, new_hash],
        )
        .await?;
    Ok(held == 1)
}

/// False: the password is not any more the one that was checked.
pub(crate) async fn replace_password(
    tx: &mut Tx,
    id: UserId,
    checked_hash: &str,
    new_hash: &str,
    now: Timestamp,
) -> Result<bool, Error> {
    let replaced = tx
        .execute(
            "UPDATE users SET password_hash = $3, updated_at = $4 WHERE id = $1 AND password_hash = $2",
            params![id, checked_hash, new_hash, now],
        )
        .await?;
    Ok(replaced == 1)
}

/// What a user may change of themselves; `None` leaves it as it is.
#[derive(Debug, Default)]
pub(crate) struct Changes<'a> {
    pub name: Option<&'a str>,
    pub locale: Option<Locale>,
    pub theme: Option<Theme>,
    pub attributes: Option<Attributes>,
}

pub(crate) async fn update(
    tx: &mut Tx,
    id: UserId,
    changes: Changes<'_>,
    now: Timestamp,
) -> Result<Option<User>, Error> {
    tx.optional(
        "UPDATE users SET name = COALESCE($2, name), locale = COALESCE($3, locale),
                          theme = COALESCE($4, theme), attributes = COALESCE($5, attributes),
                          updated_at = $6
         WHERE id = $1
         RETURNING id, email, name, locale, theme, attributes, avatar_digest, platform_admin, created_at,
                   email_verified_at",
        params![
            id,
            changes.name,
            changes.locale.map(Locale::as_str),
            changes.theme.map(Theme::as_str),
            changes.attributes.map(Json),
            now
        ],
    )
    .await
}

/// Null `disabled_at` enables. False: no such user.
pub(crate) async fn set_disabled(
    tx: &mut Tx,
    id: UserId,
    disabled_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<bool, Error> {
    let changed = tx
        .execute("UPDATE users SET disabled_at = $2, updated_at = $3 WHERE id = $1", params![id, disabled_at, now])
        .await?;
    Ok(changed == 1)
}

async fn set_avatar_digest(
    tx: &mut Tx,
    id: UserId,
    digest: Option<&str>,
    now: Timestamp,
) -> Result<Option<User>, Error> {
    tx.optional(
        "UPDATE users SET avatar_digest = $2, updated_at = $3 WHERE id = $1
         RETURNING id, email, name, locale, theme, attributes, avatar_digest, platform_admin, created_at,
                   email_verified_at",
        params![id, digest, now],
    )
    .await
}

pub(crate) async fn put_avatar(tx: &mut Tx, id: UserId, avatar: Avatar, now: Timestamp) -> Result<Option<User>, Error> {
    let user = set_avatar_digest(tx, id, Some(&avatar.digest), now).await?;
    if user.is_some() {
        tx.execute(
            "INSERT INTO user_avatars (user_id, media_type, data) VALUES ($1, $2, $3)
             ON CONFLICT (user_id) DO UPDATE SET media_type = $2, data = $3",
            params![id, avatar.media_type, avatar.data],
        )
        .await?;
    }
    Ok(user)
}

pub(crate) async fn delete_avatar(tx: &mut Tx, id: UserId, now: Timestamp) -> Result<Option<User>, Error> {
    tx.execute("DELETE FROM user_avatars WHERE user_id = $1", params![id]).await?;
    set_avatar_digest(tx, id, None, now).await
}

from_row!(Avatar { media_type, digest, data });

pub(crate) async fn avatar(db: &Db, id: UserId) -> Result<Option<Avatar>, Error> {
    db.optional(
        Platform,
        "SELECT a.media_type, u.avatar_digest, a.data
         FROM user_avatars a JOIN users u ON u.id = a.user_id
         WHERE a.user_id = $1 AND u.avatar_digest IS NOT NULL",
        params![id],
    )
    .await
}

/// Reads a user inside a transaction, by address.
pub(crate) async fn find_by_email(tx: &mut Tx, email_lower: &str) -> Result<Option<Credentials>, Error> {
    tx.optional(
        "SELECT id, email, name, locale, theme, attributes, avatar_digest, platform_admin, created_at,
                email_verified_at, password_hash, disabled_at
         FROM users WHERE email_lower = $1",
        params![email_lower],
    )
    .await
}

/// Likewise, by id.
pub(crate) async fn find(tx: &mut Tx, id: UserId) -> Result<Option<Credentials>, Error> {
    tx.optional(
        "SELECT id, email, name, locale, theme, attributes, avatar_digest, platform_admin, created_at,
                email_verified_at, password_hash, disabled_at
         FROM users WHERE id = $1",
        params![id],
    )
    .await
}

/// Notes that the user receives what is sent to this address. False: it is not theirs any more.
pub(crate) async fn verify_email(tx: &mut Tx, id: UserId, email_lower: &str, now: Timestamp) -> Result<bool, Error> {
    let verified = tx
        .execute(
            "UPDATE users SET email_verified_at = COALESCE(email_verified_at, $3), updated_at = $3
             WHERE id = $1 AND email_lower = $2",
            params![id, email_lower, now],
        )
        .await?;
    Ok(verified == 1)
}

/// Gives an account that nobody has been in yet to whoever proved its address: with the name and the password
/// of their own sign-up. False: somebody has been in it.
pub(crate) async fn take_over(
    tx: &mut Tx,
    id: UserId,
    name: &str,
    password_hash: &str,
    now: Timestamp,
) -> Result<bool, Error> {
    let taken = tx
        .execute(
            "UPDATE users SET name = $2, password_hash = $3, updated_at = $4
             WHERE id = $1 AND email_verified_at IS NULL AND last_login_at IS NULL",
            params![id, name, password_hash, now],
        )
        .await?;
    Ok(taken == 1)
}

/// Gives the user another address, which they have proved. Fails with a unique violation if it is taken.
pub(crate) async fn set_email(
    tx: &mut Tx,
    id: UserId,
    email: &str,
    email_lower: &str,
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "UPDATE users SET email = $2, email_lower = $3, email_verified_at = $4, updated_at = $4 WHERE id = $1",
        params![id, email, email_lower, now],
    )
    .await?;
    Ok(())
}

/// Sets a password without knowing the old one, for an enabled user. False: there is none.
pub(crate) async fn set_password(tx: &mut Tx, id: UserId, hash: &str, now: Timestamp) -> Result<bool, Error> {
    let set = tx
        .execute(
            "UPDATE users SET password_hash = $2, updated_at = $3 WHERE id = $1 AND disabled_at IS NULL",
            params![id, hash, now],
        )
        .await?;
    Ok(set == 1)
}
