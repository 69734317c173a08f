//! Whom members may choose from: people and groups of their workspace by their names, and nothing more of them.

use database::{Db, Error, params};
use kernel::{GroupId, TenantScope, UserId};

/// The names of the members other than `but` whose accounts are open. They are identity's, and read where the
/// memberships are so that the search ends at the workspace; the search itself is not here, as the engines fold only
/// ASCII alike.
pub async fn people(db: &Db, scope: &TenantScope, but: UserId, limit: i64) -> Result<Vec<(UserId, String)>, Error> {
    db.all(
        scope,
        "SELECT m.user_id, u.name FROM memberships m JOIN users u ON u.id = m.user_id
         WHERE m.workspace_id = $1 AND m.user_id <> $2 AND u.disabled_at IS NULL
         ORDER BY m.created_at, m.user_id LIMIT $3",
        params![scope.workspace(), but, limit],
    )
    .await
}

/// All groups, with how many are in each.
pub async fn groups(db: &Db, scope: &TenantScope) -> Result<Vec<(GroupId, String, i64)>, Error> {
    db.all(
        scope,
        "SELECT g.id, g.name, (SELECT count(*) FROM group_members m WHERE m.group_id = g.id) FROM groups g
         WHERE g.workspace_id = $1",
        params![scope.workspace()],
    )
    .await
}
