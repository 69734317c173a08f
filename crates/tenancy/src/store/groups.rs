//! The tables `groups` and `group_members`.

use contracts::tenancy::GroupMembers;
use database::{Db, Error, FromRow, Row, Tx, params};
use kernel::{GroupId, TenantScope, Timestamp, UserId};
use uuid::Uuid;

use super::workspaces::{MemberRecord, custom_role, role};
use crate::model::{Group, MemberRow};

impl FromRow for Group {
    fn from_row(row: &mut Row<'_>) -> Result<Self, Error> {
        let (id, name, members, created_at) = (row.next()?, row.next()?, row.next()?, row.next()?);
        let granted: Option<String> = row.next()?;
        let custom = (row.next()?, row.next()?);
        Ok(Self { id, name, members, role: granted.as_deref().map(role), custom_role: custom_role(custom), created_at })
    }
}

macro_rules! group {
    () => {
        "SELECT g.id, g.name, (SELECT count(*) FROM group_members m WHERE m.group_id = g.id), g.created_at,
             g.role, r.id, r.name
         FROM groups g LEFT JOIN roles r ON r.workspace_id = g.workspace_id AND r.id = g.role_id "
    };
}

/// Groups after the name `after`, by name, `limit` at the most.
pub async fn page(db: &Db, scope: &TenantScope, after: &str, limit: i64) -> Result<Vec<Group>, Error> {
    db.all(
        scope,
        concat!(group!(), "WHERE g.workspace_id = $1 AND g.name > $2 ORDER BY g.name LIMIT $3"),
        params![scope.workspace(), after, limit],
    )
    .await
}

pub async fn find(db: &Db, scope: &TenantScope, id: GroupId) -> Result<Option<Group>, Error> {
    db.optional(scope, concat!(group!(), "WHERE g.workspace_id = $1 AND g.id = $2"), params![scope.workspace(), id])
        .await
}

pub async fn count(tx: &mut Tx, scope: &TenantScope) -> Result<i64, Error> {
    let (groups,) = tx.one("SELECT count(*) FROM groups WHERE workspace_id = $1", params![scope.workspace()]).await?;
    Ok(groups)
}

/// A [`Error::UniqueViolation`]: the name is taken.
pub async fn insert(tx: &mut Tx, scope: &TenantScope, group: &Group) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO groups (id, workspace_id, name, created_at, updated_at) VALUES ($1, $2, $3, $4, $4)",
        params![group.id, scope.workspace(), group.name.as_str(), group.created_at],
    )
    .await?;
    Ok(())
}

/// None: there is no such group.
pub async fn name(tx: &mut Tx, scope: &TenantScope, id: GroupId) -> Result<Option<String>, Error> {
    let found: Option<(String,)> = tx
        .optional("SELECT name FROM groups WHERE workspace_id = $1 AND id = $2", params![scope.workspace(), id])
        .await?;
    Ok(found.map(|(name,)| name))
}

/// A [`Error::UniqueViolation`]: the name is taken.
pub async fn rename(tx: &mut Tx, scope: &TenantScope, id: GroupId, name: &str, now: Timestamp) -> Result<(), Error> {
    tx.execute(
        "UPDATE groups SET name = $3, updated_at = $4 WHERE workspace_id = $1 AND id = $2",
        params![scope.workspace(), id, name, now],
    )
    .await?;
    Ok(())
}

/// Whether there was such a group.
pub async fn delete(tx: &mut Tx, scope: &TenantScope, id: GroupId) -> Result<bool, Error> {
    let deleted =
        tx.execute("DELETE FROM groups WHERE workspace_id = $1 AND id = $2", params![scope.workspace(), id]).await?;
    Ok(deleted == 1)
}

/// False: the user is in the group already.
pub async fn insert_member(
    tx: &mut Tx,
    scope: &TenantScope,
    group: GroupId,
    user: UserId,
    now: Timestamp,
) -> Result<bool, Error> {
    let inserted = tx
        .execute(
            "INSERT INTO group_members (workspace_id, group_id, user_id, created_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (group_id, user_id) DO NOTHING",
            params![scope.workspace(), group, user, now],
        )
        .await?;
    Ok(inserted == 1)
}

/// False: the user was not in the group.
pub async fn delete_member(tx: &mut Tx, scope: &TenantScope, group: GroupId, user: UserId) -> Result<bool, Error> {
    let deleted = tx
        .execute(
            "DELETE FROM group_members WHERE workspace_id = $1 AND group_id = $2 AND user_id = $3",
            params![scope.workspace(), group, user],
        )
        .await?;
    Ok(deleted == 1)
}

/// Members of a group in the order they joined the workspace, after the given key, `limit` at the most.
pub async fn members(
    db: &Db,
    scope: &TenantScope,
    group: GroupId,
    after: Option<(Timestamp, UserId)>,
    limit: i64,
) -> Result<Vec<MemberRow>, Error> {
    let (joined_at, user) = after.unwrap_or((Timestamp::EPOCH, UserId::from_uuid(Uuid::nil())));
    let records: Vec<MemberRecord> = db
        .all(
            scope,
            "SELECT m.user_id, m.role, r.id, r.name, m.created_at
             FROM group_members g JOIN memberships m ON m.workspace_id = g.workspace_id AND m.user_id = g.user_id
             LEFT JOIN roles r ON r.workspace_id = m.workspace_id AND r.id = m.role_id
             WHERE g.workspace_id = $1 AND g.group_id = $2 AND (m.created_at, m.user_id) > ($3, $4)
             ORDER BY m.created_at, m.user_id LIMIT $5",
            params![scope.workspace(), group, joined_at, user, limit],
        )
        .await?;
    Ok(records.into_iter().map(MemberRow::from).collect())
}

/// Each group with each of its members; an empty one once, with nobody.
macro_rules! everybody {
    () => {
        "SELECT g.id, m.user_id FROM groups g LEFT JOIN group_members m ON m.group_id = g.id
         WHERE g.workspace_id = $1 ORDER BY g.id"
    };
}

pub async fn everybody(db: &Db, scope: &TenantScope) -> Result<Vec<GroupMembers>, Error> {
    Ok(together(db.all(scope, everybody!(), params![scope.workspace()]).await?))
}

pub async fn everybody_within(tx: &mut Tx, scope: &TenantScope) -> Result<Vec<GroupMembers>, Error> {
    Ok(together(tx.all(everybody!(), params![scope.workspace()]).await?))
}

fn together(rows: Vec<(GroupId, Option<UserId>)>) -> Vec<GroupMembers> {
    let mut groups: Vec<GroupMembers> = Vec::new();
    for (id, member) in rows {
        if groups.last().is_none_or(|last| last.id != id) {
            groups.push(GroupMembers { id, members: Vec::new() });
        }
        if let Some(last) = groups.last_mut() {
            last.members.extend(member);
        }
    }
    groups
}
