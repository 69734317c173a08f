//! Passkeys: public keys of people's authenticators.

use database::{Db, Error, FromRow, Json, Platform, Row, Tx, params};
use kernel::{PasskeyId, Timestamp, UserId};
use webauthn_rs::prelude::Passkey;

use crate::model::PasskeyInfo;

impl FromRow for PasskeyInfo {
    fn from_row(row: &mut Row<'_>) -> Result<Self, Error> {
        Ok(Self { id: row.next()?, name: row.next()?, created_at: row.next()?, last_used_at: row.next()? })
    }
}

/// The newest first, below the given id, `limit` at the most.
pub(crate) async fn list(
    db: &Db,
    user: UserId,
    before: Option<PasskeyId>,
    limit: i64,
) -> Result<Vec<PasskeyInfo>, Error> {
    let before = before.unwrap_or(PasskeyId::from_uuid(uuid::Uuid::max()));
    db.all(
        Platform,
        "SELECT id, name, created_at, last_used_at FROM passkeys
         WHERE user_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3",
        params![user, before, limit],
    )
    .await
}

/// A passkey with what it takes to check its signature.
pub(crate) struct Stored {
    pub id: PasskeyId,
    pub user: UserId,
    pub key: Passkey,
    pub counter: i64,
}

impl FromRow for Stored {
    fn from_row(row: &mut Row<'_>) -> Result<Self, Error> {
        let (id, user) = (row.next()?, row.next()?);
        let Json(key) = row.next()?;
        Ok(Self { id, user, key, counter: row.next()? })
    }
}

pub(crate) async fn find(db: &Db, credential_id: &[u8]) -> Result<Option<Stored>, Error> {
    db.optional(
        Platform,
        "SELECT id, user_id, credential, counter FROM passkeys WHERE credential_id = $1",
        params![credential_id.to_vec()],
    )
    .await
}

/// What the person's authenticators call their keys.
pub(crate) async fn credential_ids(db: &Db, user: UserId) -> Result<Vec<Vec<u8>>, Error> {
    let rows: Vec<(Vec<u8>,)> =
        db.all(Platform, "SELECT credential_id FROM passkeys WHERE user_id = $1", params![user]).await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

pub(crate) struct New<'a> {
    pub id: PasskeyId,
    pub user: UserId,
    pub name: &'a str,
    pub key: Passkey,
    pub now: Timestamp,
}

/// False: somebody has this credential already.
pub(crate) async fn insert(tx: &mut Tx, new: New<'_>) -> Result<bool, Error> {
    let credential_id = new.key.cred_id().as_slice().to_vec();
    let inserted = tx
        .execute(
            "INSERT INTO passkeys (id, user_id, credential_id, name, credential, counter, created_at)
             VALUES ($1, $2, $3, $4, $5, 0, $6)
             ON CONFLICT (credential_id) DO NOTHING",
            params![new.id, new.user, credential_id, new.name, Json(new.key), new.now],
        )
        .await?;
    Ok(inserted == 1)
}

/// Notes a use, if nothing else has used the key since it was read. Of two signatures with the same counter
/// one gets true.
pub(crate) async fn note_use(tx: &mut Tx, used: Stored, counter: i64, now: Timestamp) -> Result<bool, Error> {
    let noted = tx
        .execute(
            "UPDATE passkeys SET credential = $3, counter = $4, last_used_at = $5 WHERE id = $1 AND counter = $2",
            params![used.id, used.counter, Json(used.key), counter, now],
        )
        .await?;
    Ok(noted == 1)
}

pub(crate) async fn rename(tx: &mut Tx, user: UserId, id: PasskeyId, name: &str) -> Result<Option<PasskeyInfo>, Error> {
    tx.optional(
        "UPDATE passkeys SET name = $3 WHERE id = $1 AND user_id = $2
         RETURNING id, name, created_at, last_used_at",
        params![id, user, name],
    )
    .await
}

/// False: the person has no such passkey.
pub(crate) async fn delete(tx: &mut Tx, user: UserId, id: PasskeyId) -> Result<bool, Error> {
    Ok(tx.execute("DELETE FROM passkeys WHERE id = $1 AND user_id = $2", params![id, user]).await? == 1)
}

/// How many the person has, as the transaction sees them.
pub(crate) async fn count(tx: &mut Tx, user: UserId) -> Result<i64, Error> {
    let (count,): (i64,) = tx.one("SELECT count(*) FROM passkeys WHERE user_id = $1", params![user]).await?;
    Ok(count)
}
