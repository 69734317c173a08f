//! The second wall: what PostgreSQL's row-level security lets a statement see, were its
//! `WHERE` forgotten. SQLite has no such wall, and the statements' own conditions are tested elsewhere.

use contracts::tenancy::Role;
use database::{Engine, Platform, params};
use kernel::{TenantScope, UserId, WorkspaceId};
use testkit::{TestDb, db_test};

use crate::support::World;

#[db_test]
async fn acceptance_14_a_statement_without_a_where_sees_one_tenant(db: TestDb) {
    if db.engine() != Engine::Postgres {
        return;
    }
    let world = World::new(&db);
    let ann = world.join("ann").await;
    let bob = world.join("bob").await;
    let scope = TenantScope::assume(ann.workspace);

    let workspaces: Vec<(WorkspaceId,)> = db.all(scope, "SELECT id FROM workspaces", vec![]).await.unwrap();
    assert_eq!(workspaces, [(ann.workspace,)]);
    let members: Vec<(UserId,)> = db.all(scope, "SELECT user_id FROM memberships", vec![]).await.unwrap();
    assert_eq!(members, [(ann.user,)]);
    let all: Vec<(WorkspaceId,)> = db.all(Platform, "SELECT id FROM workspaces", vec![]).await.unwrap();
    assert_eq!(all.len(), 2);

    assert_eq!(db.execute(scope, "UPDATE workspaces SET name = 'stolen'", vec![]).await.unwrap(), 1);
    assert_eq!(db.execute(scope, "UPDATE memberships SET role = 'guest'", vec![]).await.unwrap(), 1);
    assert_eq!(world.role(&bob).await, Some(Role::Owner));
    assert_eq!(db.execute(scope, "DELETE FROM memberships", vec![]).await.unwrap(), 1);
    let smuggle = "INSERT INTO memberships (workspace_id, user_id, role, created_at) VALUES ($1, $2, 'owner', 0)";
    assert!(db.execute(scope, smuggle, params![bob.workspace, ann.user]).await.is_err());
    assert_eq!(world.role(&bob).await, Some(Role::Owner));
}

#[db_test]
async fn operators_see_every_workspace(db: TestDb) {
    let world = World::new(&db);
    let ann = world.join("ann").await;
    world.member("bob", ann.workspace, Role::Guest).await;
    let seen: Vec<(String, i64)> =
        world.tenancy.all_workspaces().await.unwrap().into_iter().map(|row| (row.name, row.members)).collect();
    assert_eq!(seen, [("ann".to_owned(), 2), ("bob".to_owned(), 1)]);
}
