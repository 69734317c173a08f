//! What links in letters are good for, and what they do to their user.

use database::{Db, Error, FromRow, Platform, Row, Tx, params};
use kernel::{Timestamp, UserId};

/// What a link does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    VerifyEmail,
    ChangeEmail,
    ResetPassword,
}

impl Purpose {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::VerifyEmail => "verify_email",
            Self::ChangeEmail => "change_email",
            Self::ResetPassword => "reset_password",
        }
    }
}

/// What a sign-up asked for, to be set when its address is proved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pending {
    pub name: String,
    pub password_hash: String,
}

/// What a link was made for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    pub user: UserId,
    /// The address that it was sent to, as it is shown.
    pub email: String,
    pub pending: Option<Pending>,
}

impl FromRow for Token {
    fn from_row(row: &mut Row<'_>) -> Result<Self, Error> {
        let (user, email) = (row.next()?, row.next()?);
        let (name, password_hash): (Option<String>, Option<String>) = (row.next()?, row.next()?);
        let pending = name.zip(password_hash).map(|(name, password_hash)| Pending { name, password_hash });
        Ok(Self { user, email, pending })
    }
}

pub(crate) async fn insert(
    tx: &mut Tx,
    hash: Vec<u8>,
    purpose: Purpose,
    token: &Token,
    (now, expires_at): (Timestamp, Timestamp),
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO email_tokens (token_hash, user_id, purpose, email, name, password_hash, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        params![
            hash,
            token.user,
            purpose.as_str(),
            token.email.as_str(),
            token.pending.as_ref().map(|pending| pending.name.as_str()),
            token.pending.as_ref().map(|pending| pending.password_hash.as_str()),
            now,
            expires_at
        ],
    )
    .await?;
    Ok(())
}

/// A link that can still be used, without using it.
pub(crate) async fn find(db: &Db, hash: Vec<u8>, purpose: Purpose, now: Timestamp) -> Result<Option<Token>, Error> {
    db.optional(
        Platform,
        "SELECT user_id, email, name, password_hash FROM email_tokens
         WHERE token_hash = $1 AND purpose = $2 AND expires_at > $3",
        params![hash, purpose.as_str(), now],
    )
    .await
}

/// Uses a link up. None: it was used, has ended, or never was; of two who use one at the same time, one gets
/// this.
pub(crate) async fn take(tx: &mut Tx, hash: Vec<u8>, purpose: Purpose, now: Timestamp) -> Result<Option<Token>, Error> {
    tx.optional(
        "DELETE FROM email_tokens WHERE token_hash = $1 AND purpose = $2 AND expires_at > $3
         RETURNING user_id, email, name, password_hash",
        params![hash, purpose.as_str(), now],
    )
    .await
}

/// The newest sign-up of the user that waits for its proof.
pub(crate) async fn newest_pending(tx: &mut Tx, user: UserId, now: Timestamp) -> Result<Option<Pending>, Error> {
    let token: Option<Token> = tx
        .optional(
            "SELECT user_id, email, name, password_hash FROM email_tokens
             WHERE user_id = $1 AND purpose = 'verify_email' AND expires_at > $2
             ORDER BY created_at DESC, token_hash LIMIT 1",
            params![user, now],
        )
        .await?;
    Ok(token.and_then(|token| token.pending))
}

/// Makes the user's other links of this purpose worthless.
pub(crate) async fn delete_of(tx: &mut Tx, user: UserId, purpose: Purpose) -> Result<(), Error> {
    tx.execute("DELETE FROM email_tokens WHERE user_id = $1 AND purpose = $2", params![user, purpose.as_str()]).await?;
    Ok(())
}

/// Makes all links of the user worthless.
pub(crate) async fn delete_all(tx: &mut Tx, user: UserId) -> Result<(), Error> {
    tx.execute("DELETE FROM email_tokens WHERE user_id = $1", params![user]).await?;
    Ok(())
}

/// Deletes links that have ended.
pub(crate) async fn delete_ended(db: &Db, now: Timestamp) -> Result<u64, Error> {
    db.execute(Platform, "DELETE FROM email_tokens WHERE expires_at <= $1", params![now]).await
}
