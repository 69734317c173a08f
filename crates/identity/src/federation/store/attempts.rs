//! Sign-ins that are under way; they belong to no workspace.

use database::{Db, Error, Platform, Tx, from_row, params};
use kernel::{SessionId, Timestamp, UserId};

/// A browser on its way to a provider and back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attempt {
    /// Who adds an identity to their account; none: somebody signs in.
    pub user: Option<UserId>,
    pub session: Option<SessionId>,
    pub next: String,
    /// What a SAML provider has posted for it.
    pub saml_response: Option<String>,
}
from_row!(Attempt { user, session, next, saml_response });

/// What an attempt is found by: its state, its browser and its provider, all three.
pub(crate) struct Key<'a> {
    pub state_hash: Vec<u8>,
    pub browser_hash: Vec<u8>,
    pub provider: &'a str,
}

pub(crate) async fn insert(
    db: &Db,
    key: Key<'_>,
    attempt: &Attempt,
    (now, expires_at): (Timestamp, Timestamp),
) -> Result<(), Error> {
    db.execute(
        Platform,
        "INSERT INTO federated_attempts (state_hash, browser_hash, provider, user_id, session_id, next_path,
                                         created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        params![
            key.state_hash,
            key.browser_hash,
            key.provider,
            attempt.user,
            attempt.session,
            attempt.next.as_str(),
            now,
            expires_at
        ],
    )
    .await?;
    Ok(())
}

/// Uses an attempt up. None: there is none, or it is of another browser or another provider.
pub(crate) async fn take(tx: &mut Tx, key: Key<'_>, now: Timestamp) -> Result<Option<Attempt>, Error> {
    tx.optional(
        "DELETE FROM federated_attempts
         WHERE state_hash = $1 AND browser_hash = $2 AND provider = $3 AND expires_at > $4
         RETURNING user_id, session_id, next_path, saml_response",
        params![key.state_hash, key.browser_hash, key.provider, now],
    )
    .await
}

/// Keeps what a SAML provider has posted for a sign-in that is under way, the first time. False: there is none such. Who
/// brings it has no cookie with them, for they come from another site; whoever has it comes for it next.
pub(crate) async fn keep_response(
    db: &Db,
    state_hash: Vec<u8>,
    provider: &str,
    response: &str,
    now: Timestamp,
) -> Result<bool, Error> {
    let kept = db
        .execute(
            Platform,
            "UPDATE federated_attempts SET saml_response = $3
             WHERE state_hash = $1 AND provider = $2 AND expires_at > $4 AND saml_response IS NULL",
            params![state_hash, provider, response, now],
        )
        .await?;
    Ok(kept == 1)
}

/// Deletes those that nobody came back from.
pub(crate) async fn delete_ended(db: &Db, now: Timestamp) -> Result<u64, Error> {
    db.execute(Platform, "DELETE FROM federated_attempts WHERE expires_at <= $1", params![now]).await
}
