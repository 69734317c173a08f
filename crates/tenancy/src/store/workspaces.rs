//! Workspaces and memberships in the database.

use contracts::tenancy::{Membership, Role};
use database::{Db, Error, Platform, Tx, from_row, params};
use kernel::{TenantScope, Timestamp, UserId, WorkspaceId};
use uuid::Uuid;

use crate::model::{MemberRow, WorkspaceRow};

struct MembershipRecord {
    workspace: WorkspaceId,
    name: String,
    personal: bool,
    role: String,
    created_at: Timestamp,
    suspended_at: Option<Timestamp>,
}
from_row!(MembershipRecord { workspace, name, personal, role, created_at, suspended_at });

impl From<MembershipRecord> for Membership {
    fn from(record: MembershipRecord) -> Self {
        Self {
            workspace: record.workspace,
            workspace_name: record.name,
            personal: record.personal,
            role: role(&record.role),
            created_at: record.created_at,
            suspended: record.suspended_at.is_some(),
        }
    }
}

/// The table's CHECK knows the same names; one that a newer version added grants the least.
pub(super) fn role(name: &str) -> Role {
    Role::from_name(name).unwrap_or(Role::Guest)
}

pub async fn membership(db: &Db, workspace: WorkspaceId, user: UserId) -> Result<Option<Membership>, Error> {
    // The question is whether the user may act in the workspace; the scope holds for it alone.
    let scope = TenantScope::assume(workspace);
    let record: Option<MembershipRecord> = db
        .optional(
            scope,
            "SELECT w.id, w.name, w.personal, m.role, w.created_at, w.suspended_at
             FROM memberships m JOIN workspaces w ON w.id = m.workspace_id
             WHERE m.workspace_id = $1 AND m.user_id = $2 AND w.deleted_at IS NULL AND w.suspended_at IS NULL",
            params![workspace, user],
        )
        .await?;
    Ok(record.map(Membership::from))
}

/// All of a user's memberships: the personal workspace first, then by name.
pub async fn memberships(db: &Db, user: UserId) -> Result<Vec<Membership>, Error> {
    // A person's workspaces lie in several tenants; the user id bounds the answer.
    let records: Vec<MembershipRecord> = db
        .all(
            Platform,
            "SELECT w.id, w.name, w.personal, m.role, w.created_at, w.suspended_at
             FROM memberships m JOIN workspaces w ON w.id = m.workspace_id
             WHERE m.user_id = $1 AND w.deleted_at IS NULL
             ORDER BY w.personal DESC, lower(w.name), w.id",
            params![user],
        )
        .await?;
    Ok(records.into_iter().map(Membership::from).collect())
}

pub async fn insert_workspace(
    tx: &mut Tx,
    id: WorkspaceId,
    name: &str,
    personal: bool,
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO workspaces (id, name, personal, created_at, updated_at) VALUES ($1, $2, $3, $4, $4)",
        params![id, name, personal, now],
    )
    .await?;
    Ok(())
}

pub async fn rename_workspace(tx: &mut Tx, scope: &TenantScope, name: &str, now: Timestamp) -> Result<(), Error> {
    tx.execute("UPDATE workspaces SET name = $2, updated_at = $3 WHERE id = $1", params![scope.workspace(), name, now])
        .await?;
    Ok(())
}

/// Takes the lock that serialises changes of a workspace's memberships. False: no such workspace.
pub async fn lock_workspace(tx: &mut Tx, scope: &TenantScope) -> Result<bool, Error> {
    let locked =
        tx.execute("UPDATE workspaces SET updated_at = updated_at WHERE id = $1", params![scope.workspace()]).await?;
    Ok(locked == 1)
}

pub async fn role_of(tx: &mut Tx, scope: &TenantScope, user: UserId) -> Result<Option<Role>, Error> {
    let row: Option<(String,)> = tx
        .optional(
            "SELECT role FROM memberships WHERE workspace_id = $1 AND user_id = $2",
            params![scope.workspace(), user],
        )
        .await?;
    Ok(row.map(|(name,)| role(&name)))
}

pub async fn count_owners(tx: &mut Tx, scope: &TenantScope) -> Result<i64, Error> {
    let (owners,): (i64,) = tx
        .one("SELECT count(*) FROM memberships WHERE workspace_id = $1 AND role = 'owner'", params![scope.workspace()])
        .await?;
    Ok(owners)
}

/// False: the user is a member already.
pub async fn insert_member(
    tx: &mut Tx,
    scope: &TenantScope,
    user: UserId,
    role: Role,
    now: Timestamp,
) -> Result<bool, Error> {
    let inserted = tx
        .execute(
            "INSERT INTO memberships (workspace_id, user_id, role, created_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (workspace_id, user_id) DO NOTHING",
            params![scope.workspace(), user, role.as_str(), now],
        )
        .await?;
    Ok(inserted == 1)
}

pub(super) struct MemberRecord {
    user: UserId,
    role: String,
    joined_at: Timestamp,
}
from_row!(MemberRecord { user, role, joined_at });

impl From<MemberRecord> for MemberRow {
    fn from(record: MemberRecord) -> Self {
        Self { user: record.user, role: role(&record.role), joined_at: record.joined_at }
    }
}

pub async fn update_role(
    tx: &mut Tx,
    scope: &TenantScope,
    user: UserId,
    role: Role,
) -> Result<Option<MemberRow>, Error> {
    let record: Option<MemberRecord> = tx
        .optional(
            "UPDATE memberships SET role = $3 WHERE workspace_id = $1 AND user_id = $2
             RETURNING user_id, role, created_at",
            params![scope.workspace(), user, role.as_str()],
        )
        .await?;
    Ok(record.map(MemberRow::from))
}

pub async fn delete_member(tx: &mut Tx, scope: &TenantScope, user: UserId) -> Result<(), Error> {
    tx.execute("DELETE FROM memberships WHERE workspace_id = $1 AND user_id = $2", params![scope.workspace(), user])
        .await?;
    Ok(())
}

/// Members by the time they joined, after the given key, `limit` at the most.
pub async fn members(
    db: &Db,
    scope: &TenantScope,
    after: Option<(Timestamp, UserId)>,
    limit: i64,
) -> Result<Vec<MemberRow>, Error> {
    let (joined_at, user) = after.unwrap_or((Timestamp::EPOCH, UserId::from_uuid(Uuid::nil())));
    let records: Vec<MemberRecord> = db
        .all(
            scope,
            "SELECT user_id, role, created_at FROM memberships
             WHERE workspace_id = $1 AND (created_at, user_id) > ($2, $3)
             ORDER BY created_at, user_id LIMIT $4",
            params![scope.workspace(), joined_at, user, limit],
        )
        .await?;
    Ok(records.into_iter().map(MemberRow::from).collect())
}

from_row!(WorkspaceRow { id, name, personal, members, created_at });

/// All workspaces in the order they were made.
pub async fn workspaces(db: &Db) -> Result<Vec<WorkspaceRow>, Error> {
    // For the operator's command line, which looks over all tenants.
    db.all(
        Platform,
        "SELECT w.id, w.name, w.personal, count(m.user_id), w.created_at
         FROM workspaces w LEFT JOIN memberships m ON m.workspace_id = w.id
         GROUP BY w.id, w.name, w.personal, w.created_at
         ORDER BY w.id",
        params![],
    )
    .await
}
