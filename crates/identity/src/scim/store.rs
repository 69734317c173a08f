//! The tables `scim_tokens`, `scim_users` and `scim_groups`, and whom of a workspace its directory sees.

use database::{Db, Error, FromRow, Platform, Row, Tx, from_row, params};
use kernel::{GroupId, TenantScope, Timestamp, UserId, WorkspaceId};
use serde_json::{Value, json};

use super::resource::{ScimUser, Told};

/// A workspace's token as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    pub prefix: String,
    pub created_at: Timestamp,
    pub last_used_at: Option<Timestamp>,
}
from_row!(Token { prefix, created_at, last_used_at });

/// What a token leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub workspace: WorkspaceId,
    pub hash: Vec<u8>,
    pub last_used_at: Option<Timestamp>,
    /// Deleted, or suspended.
    pub closed: bool,
}
from_row!(Found { workspace, hash, last_used_at, closed });

pub(crate) async fn by_token(db: &Db, hash: &[u8]) -> Result<Option<Found>, Error> {
    // Whose directory speaks is what the token says.
    db.optional(
        Platform,
        "SELECT t.workspace_id, t.token_hash, t.last_used_at,
                w.deleted_at IS NOT NULL OR w.suspended_at IS NOT NULL OR w.personal
         FROM scim_tokens t JOIN workspaces w ON w.id = t.workspace_id WHERE t.token_hash = $1",
        params![hash],
    )
    .await
}

pub(crate) async fn token(db: &Db, scope: &TenantScope) -> Result<Option<Token>, Error> {
    db.optional(
        scope,
        "SELECT prefix, created_at, last_used_at FROM scim_tokens WHERE workspace_id = $1",
        params![scope.workspace()],
    )
    .await
}

/// Writes the workspace's one token; the one before is void.
pub(crate) async fn put_token(
    tx: &mut Tx,
    scope: &TenantScope,
    hash: Vec<u8>,
    prefix: &str,
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO scim_tokens (workspace_id, token_hash, prefix, created_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (workspace_id) DO UPDATE SET token_hash = excluded.token_hash, prefix = excluded.prefix,
             created_at = excluded.created_at, last_used_at = NULL",
        params![scope.workspace(), hash, prefix, now],
    )
    .await?;
    Ok(())
}

/// False: there was none.
pub(crate) async fn delete_token(tx: &mut Tx, scope: &TenantScope) -> Result<bool, Error> {
    let deleted = tx.execute("DELETE FROM scim_tokens WHERE workspace_id = $1", params![scope.workspace()]).await?;
    Ok(deleted == 1)
}

pub(crate) async fn note_use(db: &Db, scope: &TenantScope, now: Timestamp) -> Result<(), Error> {
    db.execute(
        scope,
        "UPDATE scim_tokens SET last_used_at = $2 WHERE workspace_id = $1",
        params![scope.workspace(), now],
    )
    .await?;
    Ok(())
}

/// Whether the directory that is let in has switched the user off.
pub(crate) async fn is_barred(tx: &mut Tx, scope: &TenantScope, user: UserId) -> Result<bool, Error> {
    let found: Option<(i64,)> = tx
        .optional(
            "SELECT CAST(1 AS BIGINT) FROM scim_users u JOIN scim_tokens t ON t.workspace_id = u.workspace_id
             WHERE u.workspace_id = $1 AND u.user_id = $2 AND NOT u.active",
            params![scope.workspace(), user],
        )
        .await?;
    Ok(found.is_some())
}

impl FromRow for ScimUser {
    fn from_row(row: &mut Row<'_>) -> Result<Self, Error> {
        let (id, email, name) = (row.next()?, row.next()?, row.next()?);
        let user_name: Option<String> = row.next()?;
        let (external_id, given_name, family_name, display_name) = (row.next()?, row.next()?, row.next()?, row.next()?);
        Ok(Self {
            id,
            email,
            name,
            told: user_name.map(|user_name| Told { user_name, external_id, given_name, family_name, display_name }),
            active: row.next()?,
            created_at: row.next()?,
            updated_at: row.next()?,
        })
    }
}

// Whom the directory sees: members and those whom it has switched off, with an address of a verified domain. An
// address ends with its domain, and a domain has no character that LIKE reads.
macro_rules! seen {
    () => {
        "FROM (SELECT user_id FROM memberships WHERE workspace_id = $1
               UNION SELECT user_id FROM scim_users WHERE workspace_id = $1 AND deleted_at IS NULL) k
         JOIN users u ON u.id = k.user_id
         LEFT JOIN memberships m ON m.workspace_id = $1 AND m.user_id = u.id
         LEFT JOIN scim_users s ON s.workspace_id = $1 AND s.user_id = u.id AND s.deleted_at IS NULL
         WHERE EXISTS (SELECT 1 FROM sso_domains d WHERE d.workspace_id = $1 AND d.verified_at IS NOT NULL
                       AND u.email_lower LIKE '%@' || d.domain)"
    };
}
macro_rules! user {
    ($rest:literal) => {
        concat!(
            "SELECT u.id, u.email, u.name, s.user_name, s.external_id, s.given_name, s.family_name, s.display_name,
                    m.user_id IS NOT NULL, COALESCE(s.created_at, m.created_at, u.created_at),
                    COALESCE(s.updated_at, m.created_at, u.created_at) ",
            seen!(),
            $rest
        )
    };
}

pub(crate) async fn user(db: &Db, scope: &TenantScope, id: UserId) -> Result<Option<ScimUser>, Error> {
    db.optional(scope, user!(" AND u.id = $2"), params![scope.workspace(), id]).await
}

/// The same in a transaction that may change them.
pub(crate) async fn user_within(tx: &mut Tx, scope: &TenantScope, id: UserId) -> Result<Option<ScimUser>, Error> {
    tx.optional(user!(" AND u.id = $2"), params![scope.workspace(), id]).await
}

/// Those with the name, which is that of the account for whom the directory has given none.
pub(crate) async fn users_called(db: &Db, scope: &TenantScope, name_lower: &str) -> Result<Vec<ScimUser>, Error> {
    db.all(scope, user!(" AND COALESCE(s.user_name_lower, u.email_lower) = $2"), params![scope.workspace(), name_lower])
        .await
}

pub(crate) async fn users_by_external_id(db: &Db, scope: &TenantScope, id: &str) -> Result<Vec<ScimUser>, Error> {
    db.all(scope, user!(" AND s.external_id = $2 ORDER BY u.id"), params![scope.workspace(), id]).await
}

/// Users in the order of their ids.
pub(crate) async fn users(db: &Db, scope: &TenantScope, limit: i64, offset: i64) -> Result<Vec<ScimUser>, Error> {
    db.all(scope, user!(" ORDER BY u.id LIMIT $2 OFFSET $3"), params![scope.workspace(), limit, offset]).await
}

pub(crate) async fn count_users(db: &Db, scope: &TenantScope) -> Result<i64, Error> {
    let (count,) = db.one(scope, concat!("SELECT count(*) ", seen!()), params![scope.workspace()]).await?;
    Ok(count)
}

/// Writes what the directory says of somebody. A [`Error::UniqueViolation`]: somebody else has the name.
pub(crate) async fn put_user(
    tx: &mut Tx,
    scope: &TenantScope,
    user: UserId,
    (told, active): (&Told, bool),
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO scim_users (workspace_id, user_id, user_name, user_name_lower, external_id, given_name,
                                 family_name, display_name, active, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)
         ON CONFLICT (workspace_id, user_id) DO UPDATE SET user_name = excluded.user_name,
             user_name_lower = excluded.user_name_lower, external_id = excluded.external_id,
             given_name = excluded.given_name, family_name = excluded.family_name,
             display_name = excluded.display_name, active = excluded.active, deleted_at = NULL,
             updated_at = excluded.updated_at",
        params![
            scope.workspace(),
            user,
            told.user_name.as_str(),
            told.user_name.to_lowercase(),
            told.external_id.as_deref(),
            told.given_name.as_deref(),
            told.family_name.as_deref(),
            told.display_name.as_deref(),
            active,
            now
        ],
    )
    .await?;
    Ok(())
}

/// Keeps that the directory has deleted somebody, and nothing that it said of them.
pub(crate) async fn delete_user(tx: &mut Tx, scope: &TenantScope, user: UserId, now: Timestamp) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO scim_users (workspace_id, user_id, user_name, user_name_lower, active, deleted_at, created_at,
                                 updated_at)
         VALUES ($1, $2, '', '', FALSE, $3, $3, $3)
         ON CONFLICT (workspace_id, user_id) DO UPDATE SET user_name = '', user_name_lower = '', external_id = NULL,
             given_name = NULL, family_name = NULL, display_name = NULL, active = FALSE, deleted_at = $3,
             updated_at = $3",
        params![scope.workspace(), user, now],
    )
    .await?;
    Ok(())
}

/// Ends the user's keys of the workspace.
pub(crate) async fn revoke_keys(tx: &mut Tx, scope: &TenantScope, user: UserId, now: Timestamp) -> Result<u64, Error> {
    tx.execute(
        "UPDATE api_keys SET revoked_at = $3, previous_hash = NULL, previous_expires_at = NULL, updated_at = $3
         WHERE workspace_id = $1 AND user_id = $2 AND revoked_at IS NULL",
        params![scope.workspace(), user, now],
    )
    .await
}

/// A group without its members.
pub(crate) struct GroupRow {
    pub id: GroupId,
    pub name: String,
    pub external_id: Option<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}
from_row!(GroupRow { id, name, external_id, created_at, updated_at });

/// A member of a group whom the directory sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    pub group: GroupId,
    pub user: UserId,
    pub email: String,
}
from_row!(Member { group, user, email });

/// All of the workspace's groups in the order of their ids: there are some hundreds at the most.
pub(crate) async fn groups(db: &Db, scope: &TenantScope) -> Result<Vec<GroupRow>, Error> {
    db.all(
        scope,
        "SELECT g.id, g.name, s.external_id, g.created_at, g.updated_at
         FROM groups g LEFT JOIN scim_groups s ON s.workspace_id = g.workspace_id AND s.group_id = g.id
         WHERE g.workspace_id = $1 ORDER BY g.id",
        params![scope.workspace()],
    )
    .await
}

macro_rules! group {
    () => {
        "SELECT g.id, g.name, s.external_id, g.created_at, g.updated_at
         FROM groups g LEFT JOIN scim_groups s ON s.workspace_id = g.workspace_id AND s.group_id = g.id
         WHERE g.workspace_id = $1 AND g.id = $2"
    };
}

pub(crate) async fn group(db: &Db, scope: &TenantScope, id: GroupId) -> Result<Option<GroupRow>, Error> {
    db.optional(scope, group!(), params![scope.workspace(), id]).await
}

pub(crate) async fn group_within(tx: &mut Tx, scope: &TenantScope, id: GroupId) -> Result<Option<GroupRow>, Error> {
    tx.optional(group!(), params![scope.workspace(), id]).await
}

macro_rules! members {
    ($rest:literal) => {
        concat!(
            "SELECT g.group_id, u.id, u.email FROM group_members g JOIN users u ON u.id = g.user_id
             WHERE g.workspace_id = $1 AND EXISTS (
                 SELECT 1 FROM sso_domains d WHERE d.workspace_id = $1 AND d.verified_at IS NOT NULL
                 AND u.email_lower LIKE '%@' || d.domain)",
            $rest
        )
    };
}

/// Those of all groups.
pub(crate) async fn all_members(db: &Db, scope: &TenantScope) -> Result<Vec<Member>, Error> {
    db.all(scope, members!(" ORDER BY g.group_id, u.id"), params![scope.workspace()]).await
}

pub(crate) async fn members(db: &Db, scope: &TenantScope, group: GroupId) -> Result<Vec<Member>, Error> {
    db.all(scope, members!(" AND g.group_id = $2 ORDER BY u.id"), params![scope.workspace(), group]).await
}

pub(crate) async fn members_within(tx: &mut Tx, scope: &TenantScope, group: GroupId) -> Result<Vec<Member>, Error> {
    tx.all(members!(" AND g.group_id = $2 ORDER BY u.id"), params![scope.workspace(), group]).await
}

/// Notes the directory's own id of a group.
pub(crate) async fn put_group(
    tx: &mut Tx,
    scope: &TenantScope,
    group: GroupId,
    external_id: Option<&str>,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO scim_groups (workspace_id, group_id, external_id) VALUES ($1, $2, $3)
         ON CONFLICT (group_id) DO UPDATE SET external_id = excluded.external_id",
        params![scope.workspace(), group, external_id],
    )
    .await?;
    Ok(())
}

/// What a directory says of a user, for themselves to read.
struct Word {
    workspace: WorkspaceId,
    user_name: String,
    external_id: Option<String>,
    given_name: Option<String>,
    family_name: Option<String>,
    display_name: Option<String>,
    active: bool,
}
from_row!(Word { workspace, user_name, external_id, given_name, family_name, display_name, active });

pub(crate) async fn told_of(db: &Db, user: UserId) -> Result<Vec<Value>, Error> {
    // A person's workspaces lie in several tenants; the user id bounds the answer.
    let words: Vec<Word> = db
        .all(
            Platform,
            "SELECT workspace_id, user_name, external_id, given_name, family_name, display_name, active
             FROM scim_users WHERE user_id = $1 AND deleted_at IS NULL ORDER BY workspace_id",
            params![user],
        )
        .await?;
    let shown = words.into_iter().map(|word| {
        json!({
            "workspace_id": word.workspace, "user_name": word.user_name, "external_id": word.external_id,
            "given_name": word.given_name, "family_name": word.family_name, "display_name": word.display_name,
            "active": word.active,
        })
    });
    Ok(shown.collect())
}
