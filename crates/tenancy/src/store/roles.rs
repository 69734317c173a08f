//! The table `roles`, and what somebody may do by their role and by those of their groups.

use contracts::tenancy::{CustomRole, Permissions, Role, RoleChoice};
use database::{Db, Error, FromRow, Json, Row, Tx, params};
use kernel::{RoleId, TenantScope, Timestamp, UserId};

use super::workspaces::role;
use crate::model::{GroupGrant, HeldRole, RoleUse, Standing, StoredRole};

/// The columns of a role that somebody holds: the built-in one, and those of a custom one, if it is one.
pub(super) fn held(row: &mut Row<'_>) -> Result<Option<HeldRole>, Error> {
    let name: Option<String> = row.next()?;
    let (id, custom_name): (Option<RoleId>, Option<String>) = (row.next()?, row.next()?);
    let base: Option<String> = row.next()?;
    let listed: Option<Json<Vec<String>>> = row.next()?;
    let Some(name) = name else { return Ok(None) };
    Ok(Some(match (id, custom_name) {
        (Some(id), Some(name)) => {
            let listed = listed.map(|Json(names)| Permissions::from_names(&names)).unwrap_or_default();
            HeldRole::custom(CustomRole { id, name }, base.as_deref().and_then(Role::from_name), listed)
        }
        _ => HeldRole::built_in(role(&name)),
    }))
}

/// One of the groups that grant somebody something; a row without one says what their own role is.
pub(super) struct StandingRow {
    own: HeldRole,
    grant: Option<GroupGrant>,
}

impl FromRow for StandingRow {
    fn from_row(row: &mut Row<'_>) -> Result<Self, Error> {
        let own = held(row)?.ok_or_else(|| Error::Encode("a membership has no role".to_owned()))?;
        let (group, name) = (row.next()?, row.next()?);
        let grant = match (group, name, held(row)?) {
            (Some(group), Some(name), Some(role)) => Some(GroupGrant { group, name, role }),
            _ => None,
        };
        Ok(Self { own, grant })
    }
}

/// Of the rows of one member.
pub(super) fn standing_of(rows: Vec<StandingRow>) -> Option<Standing> {
    let mut standing: Option<Standing> = None;
    for row in rows {
        let standing = standing.get_or_insert(Standing { own: row.own, grants: Vec::new() });
        standing.grants.extend(row.grant);
    }
    standing
}

/// What [`StandingRow`] reads.
macro_rules! standing_columns {
    () => {
        "m.role, r.id, r.name, r.base, r.permissions, g.id, g.name, g.role, gr.id, gr.name, gr.base, gr.permissions"
    };
}

/// Beside `memberships m`: their own role, and the groups that have one.
macro_rules! standing_joins {
    () => {
        "LEFT JOIN roles r ON r.workspace_id = m.workspace_id AND r.id = m.role_id
         LEFT JOIN group_members gm ON gm.workspace_id = m.workspace_id AND gm.user_id = m.user_id
         LEFT JOIN groups g ON g.workspace_id = gm.workspace_id AND g.id = gm.group_id AND g.role IS NOT NULL
         LEFT JOIN roles gr ON gr.workspace_id = g.workspace_id AND gr.id = g.role_id"
    };
}

pub(super) use {standing_columns, standing_joins};

macro_rules! standing {
    () => {
        concat!(
            "SELECT ",
            standing_columns!(),
            " FROM memberships m ",
            standing_joins!(),
            " WHERE m.workspace_id = $1 AND m.user_id = $2 ORDER BY g.name, g.id"
        )
    };
}

/// What the member may do, and why. None: they are no member.
pub async fn standing(tx: &mut Tx, scope: &TenantScope, user: UserId) -> Result<Option<Standing>, Error> {
    Ok(standing_of(tx.all(standing!(), params![scope.workspace(), user]).await?))
}

/// The same outside a transaction.
pub async fn standing_now(db: &Db, scope: &TenantScope, user: UserId) -> Result<Option<Standing>, Error> {
    Ok(standing_of(db.all(scope, standing!(), params![scope.workspace(), user]).await?))
}

impl FromRow for StoredRole {
    fn from_row(row: &mut Row<'_>) -> Result<Self, Error> {
        let (id, name, description) = (row.next()?, row.next()?, row.next()?);
        let base: Option<String> = row.next()?;
        let Json(listed): Json<Vec<String>> = row.next()?;
        Ok(Self {
            id,
            name,
            description,
            base: base.as_deref().and_then(Role::from_name),
            listed: Permissions::from_names(&listed),
            created_at: row.next()?,
            updated_at: row.next()?,
        })
    }
}

/// All that the workspace has made, by name.
pub async fn all(db: &Db, scope: &TenantScope) -> Result<Vec<StoredRole>, Error> {
    db.all(
        scope,
        "SELECT id, name, description, base, permissions, created_at, updated_at
         FROM roles WHERE workspace_id = $1 ORDER BY name",
        params![scope.workspace()],
    )
    .await
}

pub async fn find(tx: &mut Tx, scope: &TenantScope, id: RoleId) -> Result<Option<StoredRole>, Error> {
    tx.optional(
        "SELECT id, name, description, base, permissions, created_at, updated_at
         FROM roles WHERE workspace_id = $1 AND id = $2",
        params![scope.workspace(), id],
    )
    .await
}

/// The role that is meant; none: there is no such role here.
pub async fn resolve(tx: &mut Tx, scope: &TenantScope, choice: RoleChoice) -> Result<Option<HeldRole>, Error> {
    Ok(match choice {
        RoleChoice::BuiltIn(role) => Some(HeldRole::built_in(role)),
        RoleChoice::Custom(id) => find(tx, scope, id).await?.map(|found| found.held()),
    })
}

/// How many have each role. Invitations count while they can still be accepted, or sent again.
pub async fn uses(db: &Db, scope: &TenantScope) -> Result<Vec<RoleUse>, Error> {
    let rows: Vec<(String, Option<RoleId>, i64, i64)> = db
        .all(
            scope,
            "SELECT h.role, h.role_id, CAST(sum(h.members) AS BIGINT), CAST(sum(h.groups) AS BIGINT) FROM
                 (SELECT role, role_id, 1 AS members, 0 AS groups FROM memberships WHERE workspace_id = $1
                  UNION ALL
                  SELECT role, role_id, 0, 1 FROM groups WHERE workspace_id = $1 AND role IS NOT NULL) h
             GROUP BY h.role, h.role_id",
            params![scope.workspace()],
        )
        .await?;
    let used = |(name, id, members, groups): (String, Option<RoleId>, i64, i64)| RoleUse {
        role: id.map_or_else(|| RoleChoice::BuiltIn(role(&name)), RoleChoice::Custom),
        members,
        groups,
    };
    Ok(rows.into_iter().map(used).collect())
}

/// How many members, groups and invitations have the role.
pub async fn users_of(tx: &mut Tx, scope: &TenantScope, id: RoleId) -> Result<(i64, i64, i64), Error> {
    tx.one(
        "SELECT (SELECT count(*) FROM memberships WHERE workspace_id = $1 AND role_id = $2),
                (SELECT count(*) FROM groups WHERE workspace_id = $1 AND role_id = $2),
                (SELECT count(*) FROM invitations
                 WHERE workspace_id = $1 AND role_id = $2 AND revoked_at IS NULL AND uses < max_uses)",
        params![scope.workspace(), id],
    )
    .await
}

pub async fn count(tx: &mut Tx, scope: &TenantScope) -> Result<i64, Error> {
    let (roles,) = tx.one("SELECT count(*) FROM roles WHERE workspace_id = $1", params![scope.workspace()]).await?;
    Ok(roles)
}

/// A [`Error::UniqueViolation`]: the name is taken.
pub async fn insert(tx: &mut Tx, scope: &TenantScope, role: &StoredRole) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO roles (id, workspace_id, name, description, base, permissions, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        params![
            role.id,
            scope.workspace(),
            role.name.as_str(),
            role.description.as_str(),
            role.base.map(Role::as_str),
            Json(role.listed),
            role.created_at,
            role.updated_at
        ],
    )
    .await?;
    Ok(())
}

/// A [`Error::UniqueViolation`]: the name is taken.
pub async fn update(tx: &mut Tx, scope: &TenantScope, role: &StoredRole) -> Result<(), Error> {
    tx.execute(
        "UPDATE roles SET name = $3, description = $4, base = $5, permissions = $6, updated_at = $7
         WHERE workspace_id = $1 AND id = $2",
        params![
            scope.workspace(),
            role.id,
            role.name.as_str(),
            role.description.as_str(),
            role.base.map(Role::as_str),
            Json(role.listed),
            role.updated_at
        ],
    )
    .await?;
    Ok(())
}

/// Writes the built-in role that it is based on beside whoever has it.
pub async fn rebase(tx: &mut Tx, scope: &TenantScope, role: &StoredRole) -> Result<(), Error> {
    let base = role.held().role.as_str();
    for sql in [
        "UPDATE memberships SET role = $3 WHERE workspace_id = $1 AND role_id = $2",
        "UPDATE groups SET role = $3 WHERE workspace_id = $1 AND role_id = $2",
        "UPDATE invitations SET role = $3 WHERE workspace_id = $1 AND role_id = $2",
    ] {
        tx.execute(sql, params![scope.workspace(), role.id, base]).await?;
    }
    Ok(())
}

/// Invitations that have ended forget it; call it when nobody else has it.
pub async fn delete(tx: &mut Tx, scope: &TenantScope, id: RoleId) -> Result<(), Error> {
    for sql in [
        "UPDATE invitations SET role_id = NULL WHERE workspace_id = $1 AND role_id = $2",
        "DELETE FROM roles WHERE workspace_id = $1 AND id = $2",
    ] {
        tx.execute(sql, params![scope.workspace(), id]).await?;
    }
    Ok(())
}

/// The role of a group: none, there is no such group; none within, it grants nothing.
#[allow(clippy::option_option, reason = "no group, and a group without a role, are two things")]
pub async fn of_group(
    tx: &mut Tx,
    scope: &TenantScope,
    group: kernel::GroupId,
) -> Result<Option<Option<HeldRole>>, Error> {
    struct Found(Option<HeldRole>);
    impl FromRow for Found {
        fn from_row(row: &mut Row<'_>) -> Result<Self, Error> {
            held(row).map(Self)
        }
    }
    let found: Option<Found> = tx
        .optional(
            "SELECT g.role, r.id, r.name, r.base, r.permissions
             FROM groups g LEFT JOIN roles r ON r.workspace_id = g.workspace_id AND r.id = g.role_id
             WHERE g.workspace_id = $1 AND g.id = $2",
            params![scope.workspace(), group],
        )
        .await?;
    Ok(found.map(|Found(role)| role))
}

/// Gives the group a role, or takes it away.
pub async fn give_group(
    tx: &mut Tx,
    scope: &TenantScope,
    group: kernel::GroupId,
    role: Option<&HeldRole>,
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "UPDATE groups SET role = $3, role_id = $4, updated_at = $5 WHERE workspace_id = $1 AND id = $2",
        params![scope.workspace(), group, role.map(|held| held.role.as_str()), role.and_then(HeldRole::custom_id), now],
    )
    .await?;
    Ok(())
}
