//! The tables `invitations` and `invitation_uses`.

use database::{Db, Error, FromRow, Platform, Row, Tx, params};
use kernel::{InvitationId, TenantScope, Timestamp, UserId, WorkspaceId};

use super::workspaces::{custom_role, role};
use crate::model::Invitation;

macro_rules! invitation {
    () => {
        "i.id, i.email, i.role, r.id, r.name, i.invited_by, i.max_uses, i.uses, i.created_at, i.expires_at"
    };
}

impl FromRow for Invitation {
    fn from_row(row: &mut Row<'_>) -> Result<Self, Error> {
        let (id, email) = (row.next()?, row.next()?);
        let name: String = row.next()?;
        let custom = (row.next()?, row.next()?);
        Ok(Self {
            id,
            email,
            role: role(&name),
            custom_role: custom_role(custom),
            invited_by: row.next()?,
            max_uses: row.next()?,
            uses: row.next()?,
            created_at: row.next()?,
            expires_at: row.next()?,
        })
    }
}

/// Invitations that are neither revoked nor used up after `after`, the oldest first.
pub async fn page(
    db: &Db,
    scope: &TenantScope,
    after: Option<InvitationId>,
    limit: i64,
) -> Result<Vec<Invitation>, Error> {
    db.all(
        scope,
        concat!(
            "SELECT ",
            invitation!(),
            " FROM invitations i LEFT JOIN roles r ON r.workspace_id = i.workspace_id AND r.id = i.role_id
             WHERE i.workspace_id = $1 AND i.revoked_at IS NULL AND i.uses < i.max_uses
               AND (CAST($2 AS UUID) IS NULL OR i.id > $2)
             ORDER BY i.id LIMIT $3"
        ),
        params![scope.workspace(), after, limit],
    )
    .await
}

/// One that is neither revoked nor used up.
pub async fn find(tx: &mut Tx, scope: &TenantScope, id: InvitationId) -> Result<Option<Invitation>, Error> {
    tx.optional(
        concat!(
            "SELECT ",
            invitation!(),
            " FROM invitations i LEFT JOIN roles r ON r.workspace_id = i.workspace_id AND r.id = i.role_id
             WHERE i.workspace_id = $1 AND i.id = $2 AND i.revoked_at IS NULL AND i.uses < i.max_uses"
        ),
        params![scope.workspace(), id],
    )
    .await
}

/// How many lead somewhere still, and how many of them to this address.
pub async fn count_open(
    tx: &mut Tx,
    scope: &TenantScope,
    email: Option<&str>,
    now: Timestamp,
) -> Result<(i64, i64), Error> {
    tx.one(
        "SELECT count(*), COALESCE(CAST(sum(CASE WHEN lower(email) = $3 THEN 1 ELSE 0 END) AS BIGINT), 0)
         FROM invitations
         WHERE workspace_id = $1 AND revoked_at IS NULL AND uses < max_uses AND expires_at > $2",
        params![scope.workspace(), now, email],
    )
    .await
}

pub async fn insert(tx: &mut Tx, scope: &TenantScope, row: &Invitation, token_hash: Vec<u8>) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO invitations (id, workspace_id, email, role, token_hash, invited_by, max_uses, uses,
             created_at, expires_at, role_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        params![
            row.id,
            scope.workspace(),
            row.email.as_deref(),
            row.role.as_str(),
            token_hash,
            row.invited_by,
            row.max_uses,
            row.uses,
            row.created_at,
            row.expires_at,
            row.custom_role.as_ref().map(|custom| custom.id)
        ],
    )
    .await?;
    Ok(())
}

/// Gives it another link, another end and another inviter; the link of before leads nowhere.
pub async fn renew(tx: &mut Tx, scope: &TenantScope, row: &Invitation, token_hash: Vec<u8>) -> Result<(), Error> {
    tx.execute(
        "UPDATE invitations SET token_hash = $3, invited_by = $4, expires_at = $5
         WHERE workspace_id = $1 AND id = $2",
        params![scope.workspace(), row.id, token_hash, row.invited_by, row.expires_at],
    )
    .await?;
    Ok(())
}

pub async fn revoke(tx: &mut Tx, scope: &TenantScope, id: InvitationId, now: Timestamp) -> Result<(), Error> {
    tx.execute(
        "UPDATE invitations SET revoked_at = $3 WHERE workspace_id = $1 AND id = $2 AND revoked_at IS NULL",
        params![scope.workspace(), id, now],
    )
    .await?;
    Ok(())
}

/// What a link leads to.
pub struct Found {
    pub workspace: WorkspaceId,
    pub workspace_name: String,
    /// Neither revoked nor used up, and the workspace is open; the end is not looked at.
    pub open: bool,
    pub invitation: Invitation,
}

impl FromRow for Found {
    fn from_row(row: &mut Row<'_>) -> Result<Self, Error> {
        Ok(Self {
            workspace: row.next()?,
            workspace_name: row.next()?,
            open: row.next()?,
            invitation: Invitation::from_row(row)?,
        })
    }
}

pub async fn by_token(db: &Db, token_hash: Vec<u8>) -> Result<Option<Found>, Error> {
    // The link alone tells which workspace it is of.
    db.optional(
        Platform,
        concat!(
            "SELECT i.workspace_id, w.name,
                 CAST(CASE WHEN i.revoked_at IS NULL AND i.uses < i.max_uses AND w.deleted_at IS NULL AND w.suspended_at IS NULL
                     THEN TRUE ELSE FALSE END AS BOOLEAN), ",
            invitation!(),
            " FROM invitations i JOIN workspaces w ON w.id = i.workspace_id
             LEFT JOIN roles r ON r.workspace_id = i.workspace_id AND r.id = i.role_id
             WHERE i.token_hash = $1"
        ),
        params![token_hash],
    )
    .await
}

/// Takes one use; false: there is none left.
pub async fn take_use(
    tx: &mut Tx,
    scope: &TenantScope,
    id: InvitationId,
    user: UserId,
    now: Timestamp,
) -> Result<bool, Error> {
    let taken = tx
        .execute(
            "UPDATE invitations SET uses = uses + 1
             WHERE workspace_id = $1 AND id = $2 AND revoked_at IS NULL AND uses < max_uses AND expires_at > $3",
            params![scope.workspace(), id, now],
        )
        .await?;
    if taken == 0 {
        return Ok(false);
    }
    // Who came in by it before was taken out since.
    let fresh = tx
        .execute(
            "INSERT INTO invitation_uses (invitation_id, user_id, workspace_id, used_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (invitation_id, user_id) DO NOTHING",
            params![id, user, scope.workspace(), now],
        )
        .await?;
    Ok(fresh == 1)
}

pub async fn workspace_name(tx: &mut Tx, scope: &TenantScope) -> Result<Option<String>, Error> {
    let found: Option<(String,)> =
        tx.optional("SELECT name FROM workspaces WHERE id = $1", params![scope.workspace()]).await?;
    Ok(found.map(|(name,)| name))
}

/// Deletes those that ended before `horizon`. Of all workspaces: retention is the platform's.
pub async fn forget(db: &Db, horizon: Timestamp) -> Result<u64, Error> {
    db.execute(Platform, "DELETE FROM invitations WHERE expires_at < $1", params![horizon]).await
}
