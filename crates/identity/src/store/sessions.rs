//! Sessions and their refresh tokens.

use database::{Db, Error, FromRow, Platform, Row, Tx, from_row, params};
use kernel::{SessionId, Timestamp, UserId, WorkspaceId};

use crate::model::{Impersonation, SessionInfo, User};

/// Moves with everything that ends a session before its time, or changes what [`Live`] says of its user.
pub(crate) const EPOCH: &str = "sessions";

/// A live session, as an access token is checked against it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Live {
    pub user: UserId,
    pub platform_admin: bool,
    /// When it ends if it is not renewed.
    pub expires_at: Timestamp,
}
from_row!(Live { user, platform_admin, expires_at });

/// The session, if it was not revoked, has not ended, and its user is enabled.
pub(crate) async fn live(db: &Db, session: SessionId, now: Timestamp) -> Result<Option<Live>, Error> {
    db.optional(
        Platform,
        "SELECT u.id, u.platform_admin, s.expires_at
         FROM sessions s JOIN users u ON u.id = s.user_id
         WHERE s.id = $1 AND s.revoked_at IS NULL AND s.expires_at > $2 AND u.disabled_at IS NULL",
        params![session, now],
    )
    .await
}

pub(crate) struct NewSession<'a> {
    pub id: SessionId,
    pub user: UserId,
    pub workspace: WorkspaceId,
    pub user_agent: Option<&'a str>,
    pub ip: &'a str,
    pub now: Timestamp,
    pub expires_at: Timestamp,
    pub absolute_expires_at: Timestamp,
    pub token_hash: Vec<u8>,
    /// The administrator who acts as the user, and why.
    pub impersonation: Option<(UserId, &'a str)>,
}

pub(crate) async fn insert(tx: &mut Tx, session: NewSession<'_>) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO sessions (id, user_id, last_workspace, user_agent, ip, created_at, last_used_at,
                               expires_at, absolute_expires_at, proved_at, impersonator_id, impersonation_reason)
         VALUES ($1, $2, $3, $4, $5, $6, $6, $7, $8, $6, $9, $10)",
        params![
            session.id,
            session.user,
            session.workspace,
            session.user_agent,
            session.ip,
            session.now,
            session.expires_at,
            session.absolute_expires_at,
            session.impersonation.map(|(by, _)| by),
            session.impersonation.map(|(_, reason)| reason)
        ],
    )
    .await?;
    tx.execute(
        "INSERT INTO refresh_tokens (token_hash, session_id, created_at) VALUES ($1, $2, $3)",
        params![session.token_hash, session.id, session.now],
    )
    .await?;
    Ok(())
}

/// When the person of a session of the user last proved that it is them; none: there is no such session.
pub(crate) async fn proved_at(db: &Db, session: SessionId, user: UserId) -> Result<Option<Timestamp>, Error> {
    let row: Option<(Timestamp,)> = db
        .optional(
            Platform,
            "SELECT COALESCE(proved_at, created_at) FROM sessions WHERE id = $1 AND user_id = $2",
            params![session, user],
        )
        .await?;
    Ok(row.map(|(at,)| at))
}

pub(crate) async fn note_proof(tx: &mut Tx, session: SessionId, user: UserId, now: Timestamp) -> Result<(), Error> {
    tx.execute("UPDATE sessions SET proved_at = $3 WHERE id = $1 AND user_id = $2", params![session, user, now])
        .await?;
    Ok(())
}

/// What a presented refresh token leads to, whatever has become of the session.
pub(crate) struct Presented {
    pub session: SessionId,
    pub last_workspace: WorkspaceId,
    /// What it was last renewed with.
    pub user_agent: Option<String>,
    pub rotated_at: Option<Timestamp>,
    /// If an administrator of the platform acts as the user.
    pub impersonation: Option<Impersonation>,
    pub user: User,
}

impl FromRow for Presented {
    fn from_row(row: &mut Row<'_>) -> Result<Self, Error> {
        Ok(Self {
            session: row.next()?,
            last_workspace: row.next()?,
            user_agent: row.next()?,
            rotated_at: row.next()?,
            impersonation: {
                let (by, reason): (Option<UserId>, Option<String>) = (row.next()?, row.next()?);
                let ends_at = row.next()?;
                by.zip(reason).map(|(by, reason)| Impersonation { by, reason, ends_at })
            },
            user: User::from_row(row)?,
        })
    }
}

/// A known token whose session lives and whose user is enabled.
pub(crate) async fn presented(db: &Db, token_hash: Vec<u8>, now: Timestamp) -> Result<Option<Presented>, Error> {
    db.optional(
        Platform,
        "SELECT s.id, s.last_workspace, s.user_agent, t.rotated_at,
                s.impersonator_id, s.impersonation_reason, s.absolute_expires_at,
                u.id, u.email, u.name, u.locale, u.theme, u.attributes, u.avatar_digest, u.platform_admin,
                u.created_at, u.email_verified_at
         FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id JOIN users u ON u.id = s.user_id
         WHERE t.token_hash = $1 AND s.revoked_at IS NULL AND s.expires_at > $2 AND u.disabled_at IS NULL",
        params![token_hash, now],
    )
    .await
}

/// The session of a token, whatever has become of it.
pub(crate) async fn session_of_token(db: &Db, token_hash: Vec<u8>) -> Result<Option<(SessionId, UserId)>, Error> {
    db.optional(
        Platform,
        "SELECT s.id, s.user_id FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id
         WHERE t.token_hash = $1",
        params![token_hash],
    )
    .await
}

/// Marks a token as rotated, unless it was before, and gives the time when it was.
/// Holds its row until the transaction ends. None: no such token.
pub(crate) async fn rotate(tx: &mut Tx, token_hash: Vec<u8>, now: Timestamp) -> Result<Option<Timestamp>, Error> {
    let row: Option<(Timestamp,)> = tx
        .optional(
            "UPDATE refresh_tokens SET rotated_at = COALESCE(rotated_at, $2) WHERE token_hash = $1
             RETURNING rotated_at",
            params![token_hash, now],
        )
        .await?;
    Ok(row.map(|(rotated_at,)| rotated_at))
}

/// Writes a successor unless it stands there. True: it is the newest of its session.
pub(crate) async fn insert_successor(
    tx: &mut Tx,
    token_hash: Vec<u8>,
    session: SessionId,
    now: Timestamp,
) -> Result<bool, Error> {
    let (rotated_at,): (Option<Timestamp>,) = tx
        .one(
            "INSERT INTO refresh_tokens (token_hash, session_id, created_at) VALUES ($1, $2, $3)
             ON CONFLICT (token_hash) DO UPDATE SET created_at = refresh_tokens.created_at
             RETURNING rotated_at",
            params![token_hash, session, now],
        )
        .await?;
    Ok(rotated_at.is_none())
}

pub(crate) struct Renewal<'a> {
    pub session: SessionId,
    pub workspace: WorkspaceId,
    pub user_agent: Option<&'a str>,
    pub ip: &'a str,
    pub now: Timestamp,
    /// When the session would end if it had no absolute end.
    pub idle_until: Timestamp,
}

/// Moves the end of a live session, up to its absolute end, and gives the new one.
/// None: it is not alive any more.
pub(crate) async fn renew(tx: &mut Tx, renewal: Renewal<'_>) -> Result<Option<Timestamp>, Error> {
    let row: Option<(Timestamp,)> = tx
        .optional(
            "UPDATE sessions
             SET last_used_at = $2, last_workspace = $3, user_agent = $4, ip = $5,
                 expires_at = CASE WHEN absolute_expires_at < $6 THEN absolute_expires_at ELSE $6 END
             WHERE id = $1 AND revoked_at IS NULL AND expires_at > $2
             RETURNING expires_at",
            params![
                renewal.session,
                renewal.now,
                renewal.workspace,
                renewal.user_agent,
                renewal.ip,
                renewal.idle_until
            ],
        )
        .await?;
    Ok(row.map(|(expires_at,)| expires_at))
}

/// Why a session was ended before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    LoggedOut,
    Revoked,
    RefreshReused,
    PasswordChanged,
    PasswordReset,
    UserDisabled,
    /// Another person proved the account's address.
    HandedOver,
    AccountDeleted,
    /// An administrator of the platform ended it.
    Administrator,
    /// Their workspace's directory has let them go.
    Deprovisioned,
}

impl Reason {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LoggedOut => "logged_out",
            Self::Revoked => "revoked",
            Self::RefreshReused => "refresh_reused",
            Self::PasswordChanged => "password_changed",
            Self::PasswordReset => "password_reset",
            Self::UserDisabled => "user_disabled",
            Self::HandedOver => "handed_over",
            Self::AccountDeleted => "account_deleted",
            Self::Administrator => "administrator",
            Self::Deprovisioned => "deprovisioned",
        }
    }
}

/// Ends one live session of the user. False: there is none.
pub(crate) async fn revoke(
    tx: &mut Tx,
    session: SessionId,
    user: UserId,
    reason: Reason,
    now: Timestamp,
) -> Result<bool, Error> {
    let revoked = tx
        .execute(
            "UPDATE sessions SET revoked_at = $3, revoked_reason = $4
             WHERE id = $1 AND user_id = $2 AND revoked_at IS NULL AND expires_at > $3",
            params![session, user, now, reason.as_str()],
        )
        .await?;
    if revoked == 0 {
        return Ok(false);
    }
    tx.bump(EPOCH).await?;
    Ok(true)
}

/// Ends all live sessions of the user but `keep`; how many they were.
pub(crate) async fn revoke_all(
    tx: &mut Tx,
    user: UserId,
    keep: Option<SessionId>,
    reason: Reason,
    now: Timestamp,
) -> Result<u64, Error> {
    // An id that no session has stands for none to keep.
    let keep = keep.unwrap_or(SessionId::from_uuid(uuid::Uuid::nil()));
    let revoked = tx
        .execute(
            "UPDATE sessions SET revoked_at = $3, revoked_reason = $4
             WHERE user_id = $1 AND id <> $2 AND revoked_at IS NULL",
            params![user, keep, now, reason.as_str()],
        )
        .await?;
    if revoked > 0 {
        tx.bump(EPOCH).await?;
    }
    Ok(revoked)
}

/// Ends the user's sessions that are in the workspace.
pub(crate) async fn revoke_in(
    tx: &mut Tx,
    user: UserId,
    workspace: WorkspaceId,
    reason: Reason,
    now: Timestamp,
) -> Result<u64, Error> {
    let revoked = tx
        .execute(
            "UPDATE sessions SET revoked_at = $3, revoked_reason = $4
             WHERE user_id = $1 AND last_workspace = $2 AND revoked_at IS NULL",
            params![user, workspace, now, reason.as_str()],
        )
        .await?;
    if revoked > 0 {
        tx.bump(EPOCH).await?;
    }
    Ok(revoked)
}

/// Ends the live sessions in which `by` acts as somebody else; how many they were.
pub(crate) async fn revoke_impersonations(tx: &mut Tx, by: UserId, now: Timestamp) -> Result<u64, Error> {
    let revoked = tx
        .execute(
            "UPDATE sessions SET revoked_at = $2, revoked_reason = $3
             WHERE impersonator_id = $1 AND revoked_at IS NULL",
            params![by, now, Reason::Administrator.as_str()],
        )
        .await?;
    if revoked > 0 {
        tx.bump(EPOCH).await?;
    }
    Ok(revoked)
}

impl FromRow for SessionInfo {
    fn from_row(row: &mut Row<'_>) -> Result<Self, Error> {
        Ok(Self {
            id: row.next()?,
            current: false,
            user_agent: row.next()?,
            ip: row.next()?,
            created_at: row.next()?,
            last_used_at: row.next()?,
            expires_at: row.next()?,
            impersonation_reason: row.next()?,
        })
    }
}

/// Live sessions of the user, the newest first, below the given id, `limit` at the most.
pub(crate) async fn list(
    db: &Db,
    user: UserId,
    before: Option<SessionId>,
    limit: i64,
    now: Timestamp,
) -> Result<Vec<SessionInfo>, Error> {
    let before = before.unwrap_or(SessionId::from_uuid(uuid::Uuid::max()));
    db.all(
        Platform,
        "SELECT id, user_agent, ip, created_at, last_used_at, expires_at, impersonation_reason
         FROM sessions
         WHERE user_id = $1 AND id < $2 AND revoked_at IS NULL AND expires_at > $3
         ORDER BY id DESC LIMIT $4",
        params![user, before, now, limit],
    )
    .await
}

/// Deletes sessions that ended before `before`, with their tokens.
pub(crate) async fn delete_ended(db: &Db, before: Timestamp) -> Result<u64, Error> {
    db.execute(Platform, "DELETE FROM sessions WHERE expires_at < $1", params![before]).await
}

/// Deletes tokens that were rotated before `before`.
pub(crate) async fn delete_rotated(db: &Db, before: Timestamp) -> Result<u64, Error> {
    db.execute(Platform, "DELETE FROM refresh_tokens WHERE rotated_at < $1", params![before]).await
}
