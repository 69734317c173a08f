//! Attempts to log in that have not succeeded, by key.

use database::{Db, Error, Platform, Tx, params};
use kernel::Timestamp;

/// Counts an attempt before it is made, if it may be made now. Gives how many there were
/// since `forget_before`, this one included; none: not yet. Holds the row.
pub(crate) async fn count(
    tx: &mut Tx,
    key: Vec<u8>,
    now: Timestamp,
    forget_before: Timestamp,
) -> Result<Option<i64>, Error> {
    let row: Option<(i64,)> = tx
        .optional(
            "INSERT INTO login_attempts (key_hash, failures, retry_at, updated_at) VALUES ($1, 1, $2, $2)
             ON CONFLICT (key_hash) DO UPDATE
             SET failures = CASE WHEN login_attempts.updated_at < $3 THEN 1 ELSE login_attempts.failures + 1 END,
                 updated_at = $2
             WHERE login_attempts.retry_at <= $2
             RETURNING failures",
            params![key, now, forget_before],
        )
        .await?;
    Ok(row.map(|(failures,)| failures))
}

pub(crate) async fn set_retry_at(tx: &mut Tx, key: Vec<u8>, retry_at: Timestamp) -> Result<(), Error> {
    tx.execute("UPDATE login_attempts SET retry_at = $2 WHERE key_hash = $1", params![key, retry_at]).await?;
    Ok(())
}

pub(crate) async fn retry_at(tx: &mut Tx, key: Vec<u8>) -> Result<Option<Timestamp>, Error> {
    let row: Option<(Timestamp,)> =
        tx.optional("SELECT retry_at FROM login_attempts WHERE key_hash = $1", params![key]).await?;
    Ok(row.map(|(retry_at,)| retry_at))
}

pub(crate) async fn forget(db: &Db, key: Vec<u8>) -> Result<(), Error> {
    db.execute(Platform, "DELETE FROM login_attempts WHERE key_hash = $1", params![key]).await?;
    Ok(())
}

/// Deletes what has not been tried since `before`.
pub(crate) async fn delete_old(db: &Db, before: Timestamp) -> Result<u64, Error> {
    db.execute(Platform, "DELETE FROM login_attempts WHERE updated_at < $1", params![before]).await
}
