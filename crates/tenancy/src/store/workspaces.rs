//! Workspaces and memberships in the database.

use contracts::tenancy::{CustomRole, Membership, Role};
use database::{Db, Error, FromRow, Platform, Row, Tx, from_row, params};
use kernel::{RoleId, TenantScope, Timestamp, UserId, WorkspaceId};
use uuid::Uuid;

use super::roles::{StandingRow, standing_columns, standing_joins, standing_of};
use crate::model::{MemberRow, Standing, WorkspaceRow};

/// A membership with one of the groups that grant something to it, or with none.
struct MembershipRow {
    workspace: WorkspaceId,
    name: String,
    personal: bool,
    created_at: Timestamp,
    suspended_at: Option<Timestamp>,
    standing: StandingRow,
}

impl FromRow for MembershipRow {
    fn from_row(row: &mut Row<'_>) -> Result<Self, Error> {
        Ok(Self {
            workspace: row.next()?,
            name: row.next()?,
            personal: row.next()?,
            created_at: row.next()?,
            suspended_at: row.next()?,
            standing: StandingRow::from_row(row)?,
        })
    }
}

/// Folds the rows of each membership, which stand together.
fn folded(rows: Vec<MembershipRow>) -> Vec<Membership> {
    let mut memberships: Vec<Membership> = Vec::new();
    for row in rows {
        let Some(Standing { own, grants }) = standing_of(vec![row.standing]) else { continue };
        let permissions = Standing { own: own.clone(), grants }.permissions();
        match memberships.last_mut().filter(|last| last.workspace == row.workspace) {
            Some(last) => last.permissions = last.permissions.union(permissions),
            None => memberships.push(Membership {
                workspace: row.workspace,
                workspace_name: row.name,
                personal: row.personal,
                role: own.role,
                custom_role: own.custom,
                permissions,
                created_at: row.created_at,
                suspended: row.suspended_at.is_some(),
            }),
        }
    }
    memberships
}

pub(super) fn custom_role((id, name): (Option<RoleId>, Option<String>)) -> Option<CustomRole> {
    Some(CustomRole { id: id?, name: name? })
}

/// The table's CHECK knows the same names; one that a newer version added grants the least.
pub(super) fn role(name: &str) -> Role {
    Role::from_name(name).unwrap_or(Role::Guest)
}

pub async fn membership(db: &Db, workspace: WorkspaceId, user: UserId) -> Result<Option<Membership>, Error> {
    // The question is whether the user may act in the workspace; the scope holds for it alone.
    let scope = TenantScope::assume(workspace);
    let rows: Vec<MembershipRow> = db
        .all(
            scope,
            concat!(
                "SELECT w.id, w.name, w.personal, w.created_at, w.suspended_at, ",
                standing_columns!(),
                " FROM memberships m JOIN workspaces w ON w.id = m.workspace_id ",
                standing_joins!(),
                " WHERE m.workspace_id = $1 AND m.user_id = $2 AND w.deleted_at IS NULL AND w.suspended_at IS NULL"
            ),
            params![workspace, user],
        )
        .await?;
    Ok(folded(rows).pop())
}

/// All of a user's memberships: the personal workspace first, then by name.
pub async fn memberships(db: &Db, user: UserId) -> Result<Vec<Membership>, Error> {
    // A person's workspaces lie in several tenants; the user id bounds the answer.
    let rows: Vec<MembershipRow> = db
        .all(
            Platform,
            concat!(
                "SELECT w.id, w.name, w.personal, w.created_at, w.suspended_at, ",
                standing_columns!(),
                " FROM memberships m JOIN workspaces w ON w.id = m.workspace_id ",
                standing_joins!(),
                " WHERE m.user_id = $1 AND w.deleted_at IS NULL
                 ORDER BY w.personal DESC, lower(w.name), w.id"
            ),
            params![user],
        )
        .await?;
    Ok(folded(rows))
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
    (role, custom): (Role, Option<RoleId>),
    now: Timestamp,
) -> Result<bool, Error> {
    let inserted = tx
        .execute(
            "INSERT INTO memberships (workspace_id, user_id, role, role_id, created_at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (workspace_id, user_id) DO NOTHING",
            params![scope.workspace(), user, role.as_str(), custom, now],
        )
        .await?;
    Ok(inserted == 1)
}

pub(super) struct MemberRecord {
    user: UserId,
    role: String,
    role_id: Option<RoleId>,
    role_name: Option<String>,
    joined_at: Timestamp,
}
from_row!(MemberRecord { user, role, role_id, role_name, joined_at });

impl From<MemberRecord> for MemberRow {
    fn from(record: MemberRecord) -> Self {
        Self {
            user: record.user,
            role: role(&record.role),
            custom_role: custom_role((record.role_id, record.role_name)),
            joined_at: record.joined_at,
        }
    }
}

/// Gives the member a role: a built-in one, or a custom one with the built-in one that it is based on.
pub async fn update_role(
    tx: &mut Tx,
    scope: &TenantScope,
    user: UserId,
    role: Role,
    custom: Option<RoleId>,
) -> Result<Option<MemberRow>, Error> {
    tx.execute(
        "UPDATE memberships SET role = $3, role_id = $4 WHERE workspace_id = $1 AND user_id = $2",
        params![scope.workspace(), user, role.as_str(), custom],
    )
    .await?;
    let record: Option<MemberRecord> = tx
        .optional(
            "SELECT m.user_id, m.role, r.id, r.name, m.created_at
             FROM memberships m LEFT JOIN roles r ON r.workspace_id = m.workspace_id AND r.id = m.role_id
             WHERE m.workspace_id = $1 AND m.user_id = $2",
            params![scope.workspace(), user],
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
            "SELECT m.user_id, m.role, r.id, r.name, m.created_at
             FROM memberships m LEFT JOIN roles r ON r.workspace_id = m.workspace_id AND r.id = m.role_id
             WHERE m.workspace_id = $1 AND (m.created_at, m.user_id) > ($2, $3)
             ORDER BY m.created_at, m.user_id LIMIT $4",
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
