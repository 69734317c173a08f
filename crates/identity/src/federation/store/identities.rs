//! Identities that users are linked to; they belong to no workspace.

use database::{Db, Error, FromRow, Platform, Row, Tx, params};
use kernel::{IdentityId, Timestamp, UserId};

use crate::federation::{
    ConnectedAccount,
    model::{Claims, name_of},
};

impl FromRow for ConnectedAccount {
    fn from_row(row: &mut Row<'_>) -> Result<Self, Error> {
        let (id, provider) = (row.next()?, row.next::<String>()?);
        Ok(Self {
            id,
            provider_name: name_of(&provider).map_or_else(|| provider.clone(), str::to_owned),
            provider,
            email: row.next()?,
            created_at: row.next()?,
            last_used_at: row.next()?,
        })
    }
}

/// Whose identity it is, if anybody's; notes its use and what the provider says now.
pub(crate) async fn note_use(
    tx: &mut Tx,
    provider: &str,
    claims: &Claims,
    now: Timestamp,
) -> Result<Option<UserId>, Error> {
    let found: Option<(UserId,)> = tx
        .optional(
            "UPDATE identities SET email = $4, last_used_at = $5
             WHERE provider = $1 AND issuer = $2 AND subject = $3
             RETURNING user_id",
            params![provider, claims.issuer.as_str(), claims.subject.as_str(), claims.email.as_deref(), now],
        )
        .await?;
    Ok(found.map(|(user,)| user))
}

/// False: it is somebody's already.
pub(crate) async fn insert(
    tx: &mut Tx,
    id: IdentityId,
    user: UserId,
    provider: &str,
    claims: &Claims,
    now: Timestamp,
) -> Result<bool, Error> {
    let inserted = tx
        .execute(
            "INSERT INTO identities (id, user_id, provider, issuer, subject, email, created_at, last_used_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
             ON CONFLICT (provider, issuer, subject) DO NOTHING",
            params![id, user, provider, claims.issuer.as_str(), claims.subject.as_str(), claims.email.as_deref(), now],
        )
        .await?;
    Ok(inserted == 1)
}

/// The user's, the oldest first.
pub(crate) async fn list(db: &Db, user: UserId) -> Result<Vec<ConnectedAccount>, Error> {
    db.all(
        Platform,
        "SELECT id, provider, email, created_at, last_used_at FROM identities WHERE user_id = $1 ORDER BY id",
        params![user],
    )
    .await
}

/// How many the user has.
pub(crate) async fn count(tx: &mut Tx, user: UserId) -> Result<i64, Error> {
    let (count,) = tx.one("SELECT count(*) FROM identities WHERE user_id = $1", params![user]).await?;
    Ok(count)
}

/// Takes one away from the user, and tells through whom it was. None: they have no such.
pub(crate) async fn delete(tx: &mut Tx, user: UserId, id: IdentityId) -> Result<Option<String>, Error> {
    let deleted: Option<(String,)> = tx
        .optional("DELETE FROM identities WHERE user_id = $1 AND id = $2 RETURNING provider", params![user, id])
        .await?;
    Ok(deleted.map(|(provider,)| provider))
}

/// Takes away all that a workspace's provider gave.
pub(crate) async fn delete_of_provider(tx: &mut Tx, provider: &str) -> Result<u64, Error> {
    tx.execute("DELETE FROM identities WHERE provider = $1", params![provider]).await
}

/// Takes all away from the user.
pub(crate) async fn delete_all(tx: &mut Tx, user: UserId) -> Result<u64, Error> {
    tx.execute("DELETE FROM identities WHERE user_id = $1", params![user]).await
}
