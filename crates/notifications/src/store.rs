//! The table `mails`. Letters belong to the platform, not to a workspace: they may go to people who are
//! in none. Whoever posts one does so in their own transaction.

use contracts::mail::Letter;
use database::{Db, Error, FromRow, Platform, Row, Tx, params};
use kernel::{MailId, Timestamp};
use uuid::Uuid;

use crate::model::Stored;

/// Where a letter stands at first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Start {
    Queued,
    Kept,
}

impl Start {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Kept => "kept",
        }
    }
}

pub(crate) struct NewMail<'a> {
    pub id: MailId,
    pub recipient: &'a str,
    pub locale: &'a str,
    pub letter: &'a Letter,
    pub start: Start,
    pub now: Timestamp,
    /// No attempt after.
    pub expires_at: Timestamp,
}

/// Deletes all letters to an address, whatever has become of them.
pub(crate) async fn forget(tx: &mut Tx, address: &str) -> Result<(), Error> {
    tx.execute("DELETE FROM mails WHERE lower(recipient) = lower($1)", params![address]).await?;
    Ok(())
}

pub(crate) async fn insert(tx: &mut Tx, mail: NewMail<'_>) -> Result<(), Error> {
    let letter = serde_json::to_string(mail.letter).map_err(|error| Error::Encode(error.to_string()))?;
    tx.execute(
        "INSERT INTO mails (id, recipient, locale, kind, letter, state, attempts, due_at, expires_at, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $8, $7)",
        params![
            mail.id,
            mail.recipient,
            mail.locale,
            mail.letter.kind(),
            letter,
            mail.start.as_str(),
            mail.now,
            mail.expires_at
        ],
    )
    .await?;
    Ok(())
}

impl FromRow for Stored {
    fn from_row(row: &mut Row<'_>) -> Result<Self, Error> {
        let (id, recipient, locale) = (row.next()?, row.next()?, row.next()?);
        let letter: Option<String> = row.next()?;
        let letter = letter.and_then(|text| serde_json::from_str(&text).ok());
        Ok(Self { id, recipient, locale, letter, created_at: row.next()? })
    }
}

/// A letter that this process delivers now.
pub(crate) struct Taken {
    pub mail: Stored,
    /// This attempt included.
    pub attempts: i64,
    pub expires_at: Timestamp,
}

impl FromRow for Taken {
    fn from_row(row: &mut Row<'_>) -> Result<Self, Error> {
        let mail = Stored::from_row(row)?;
        Ok(Self { mail, attempts: row.next()?, expires_at: row.next()? })
    }
}

/// Takes up to `limit` letters that are due, under a lease. Of two processes that ask at the same time one
/// waits for the other's rows, and then finds them taken.
pub(crate) async fn take(
    db: &Db,
    lease: Uuid,
    now: Timestamp,
    until: Timestamp,
    limit: i64,
) -> Result<Vec<Taken>, Error> {
    let mut tx = db.begin(Platform).await?;
    let taken = tx
        .all(
            "UPDATE mails SET lease = $1, due_at = $3, attempts = attempts + 1
             WHERE state = 'queued' AND due_at <= $2
               AND id IN (SELECT id FROM mails WHERE state = 'queued' AND due_at <= $2 ORDER BY due_at, id LIMIT $4)
             RETURNING id, recipient, locale, letter, created_at, attempts, expires_at",
            params![lease, now, until, limit],
        )
        .await?;
    tx.commit().await?;
    Ok(taken)
}

/// When the next letter is due; none: none is waiting.
pub(crate) async fn next_due(db: &Db) -> Result<Option<Timestamp>, Error> {
    let row: (Option<Timestamp>,) =
        db.one(Platform, "SELECT min(due_at) FROM mails WHERE state = 'queued'", params![]).await?;
    Ok(row.0)
}

/// What becomes of a letter after an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Delivered,
    Failed,
}

/// Ends a letter's way and forgets what it said. False: another process has overtaken the lease.
pub(crate) async fn settle(db: &Db, id: MailId, lease: Uuid, outcome: Outcome, now: Timestamp) -> Result<bool, Error> {
    let state = match outcome {
        Outcome::Delivered => "delivered",
        Outcome::Failed => "failed",
    };
    let settled = db
        .execute(
            Platform,
            "UPDATE mails SET state = $3, letter = NULL, lease = NULL, settled_at = $4
             WHERE id = $1 AND lease = $2 AND state = 'queued'",
            params![id, lease, state, now],
        )
        .await?;
    Ok(settled == 1)
}

/// Gives a letter back for another attempt.
pub(crate) async fn put_back(db: &Db, id: MailId, lease: Uuid, due_at: Timestamp) -> Result<(), Error> {
    db.execute(
        Platform,
        "UPDATE mails SET due_at = $3, lease = NULL WHERE id = $1 AND lease = $2 AND state = 'queued'",
        params![id, lease, due_at],
    )
    .await?;
    Ok(())
}

/// Letters that were kept, the newest first.
pub(crate) async fn kept(db: &Db, limit: i64) -> Result<Vec<Stored>, Error> {
    db.all(
        Platform,
        "SELECT id, recipient, locale, letter, created_at FROM mails
         WHERE state = 'kept' ORDER BY created_at DESC, id DESC LIMIT $1",
        params![limit],
    )
    .await
}

pub(crate) async fn kept_one(db: &Db, id: MailId) -> Result<Option<Stored>, Error> {
    db.optional(
        Platform,
        "SELECT id, recipient, locale, letter, created_at FROM mails WHERE id = $1 AND state = 'kept'",
        params![id],
    )
    .await
}

/// Deletes letters that were kept since before `kept`, and the memory of those that went before `gone`.
pub(crate) async fn delete_old(db: &Db, kept: Timestamp, gone: Timestamp) -> Result<u64, Error> {
    db.execute(
        Platform,
        "DELETE FROM mails
         WHERE (state = 'kept' AND created_at < $1) OR (state IN ('delivered', 'failed') AND created_at < $2)",
        params![kept, gone],
    )
    .await
}
