//! Workspaces that an owner has deleted.

use contracts::tenancy::{Closed, Role};
use database::{Db, Error, Platform, Tx, from_row, params};
use kernel::{TenantScope, Timestamp, UserId, WorkspaceId};

use crate::model::DeletedWorkspace;

from_row!(DeletedWorkspace { id, name, deleted_at, purges_at });

/// Whether the workspace is a person's own; none: there is no such workspace, or it is closed.
pub async fn is_personal(tx: &mut Tx, scope: &TenantScope) -> Result<Option<bool>, Error> {
    let found: Option<(bool,)> = tx
        .optional(
            "SELECT personal FROM workspaces WHERE id = $1 AND deleted_at IS NULL AND suspended_at IS NULL",
            params![scope.workspace()],
        )
        .await?;
    Ok(found.map(|(personal,)| personal))
}

/// Closes the workspace until it is restored or purged.
pub async fn close(
    tx: &mut Tx,
    scope: &TenantScope,
    deleted_at: Timestamp,
    purges_at: Timestamp,
) -> Result<Option<DeletedWorkspace>, Error> {
    tx.optional(
        "UPDATE workspaces SET deleted_at = $2, purges_at = $3, updated_at = $2
         WHERE id = $1 AND deleted_at IS NULL RETURNING id, name, deleted_at, purges_at",
        params![scope.workspace(), deleted_at, purges_at],
    )
    .await
}

/// Whether there was such a deleted workspace.
pub async fn reopen(tx: &mut Tx, scope: &TenantScope, now: Timestamp) -> Result<bool, Error> {
    let changed = tx
        .execute(
            "UPDATE workspaces SET deleted_at = NULL, purges_at = NULL, updated_at = $2
             WHERE id = $1 AND deleted_at IS NOT NULL",
            params![scope.workspace(), now],
        )
        .await?;
    Ok(changed == 1)
}

/// Why the workspace is closed to a member of it; none: it is open, or the user is no member.
pub async fn closed(db: &Db, scope: &TenantScope, user: UserId) -> Result<Option<Closed>, Error> {
    type State = (Option<Timestamp>, Option<Timestamp>, Option<String>, String);
    let found: Option<State> = db
        .optional(
            scope,
            "SELECT w.deleted_at, w.suspended_at, w.suspended_reason, m.role
             FROM memberships m JOIN workspaces w ON w.id = m.workspace_id
             WHERE m.workspace_id = $1 AND m.user_id = $2",
            params![scope.workspace(), user],
        )
        .await?;
    Ok(found.and_then(|(deleted_at, suspended_at, reason, role)| match (deleted_at, suspended_at) {
        (Some(_), _) => Some(Closed::Deleted),
        (None, Some(_)) => Some(Closed::Suspended { reason: reason.filter(|_| role == Role::Owner.as_str()) }),
        (None, None) => None,
    }))
}

/// The deleted workspaces that a user owns, the last deleted first.
pub async fn of_owner(db: &Db, user: UserId) -> Result<Vec<DeletedWorkspace>, Error> {
    // A person's workspaces lie in several tenants; the user id bounds the answer.
    db.all(
        Platform,
        "SELECT w.id, w.name, w.deleted_at, w.purges_at
         FROM memberships m JOIN workspaces w ON w.id = m.workspace_id
         WHERE m.user_id = $1 AND m.role = $2 AND w.deleted_at IS NOT NULL
         ORDER BY w.deleted_at DESC, w.id",
        params![user, Role::Owner.as_str()],
    )
    .await
}

/// Workspaces whose time has come, the longest waiting first. Of all tenants: the job is the platform's.
pub async fn due(db: &Db, now: Timestamp, limit: i64) -> Result<Vec<WorkspaceId>, Error> {
    let rows: Vec<(WorkspaceId,)> = db
        .all(
            Platform,
            "SELECT id FROM workspaces WHERE purges_at <= $1 ORDER BY purges_at, id LIMIT $2",
            params![now, limit],
        )
        .await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Deletes the workspace if its time has come still, and by cascade whatever refers to it.
pub async fn purge(tx: &mut Tx, workspace: WorkspaceId, now: Timestamp) -> Result<bool, Error> {
    let deleted =
        tx.execute("DELETE FROM workspaces WHERE id = $1 AND purges_at <= $2", params![workspace, now]).await?;
    Ok(deleted == 1)
}
