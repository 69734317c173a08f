//! The second wall: what PostgreSQL lets a statement see that has forgotten its workspace, in the table and in the
//! relation over it.

use database::{Engine, params};
use kernel::WorkspaceId;
use sharing::{Access, Subject};
use testkit::{TestDb, db_test};

use crate::World;

#[db_test]
async fn acceptance_14_a_statement_without_a_where_sees_one_tenants_shares(db: TestDb) {
    if db.engine() != Engine::Postgres {
        return;
    }
    let (world, other) = (World::new(&db, 100).await, World::new(&db, 200).await);
    for (world, number) in [(&world, 1), (&other, 2)] {
        let owner = world.member(number, "owner").await;
        let member = world.member(number + 10, "member").await;
        let it = world.conversation(number + 20, owner).await;
        let group = world.group(number + 30, &[member]).await;
        for subject in [Subject::User(member), Subject::Group(group), Subject::Workspace] {
            world.share(it, subject, Access::Edit).await.unwrap();
        }
    }
    let all = |sql: &'static str| world.db.all::<(WorkspaceId,)>(world.scope, sql, vec![]);
    for (sql, rows) in [("SELECT workspace_id FROM shares", 3), ("SELECT workspace_id FROM access_by_share", 4)] {
        assert_eq!(all(sql).await.unwrap(), vec![(world.scope.workspace(),); rows], "{sql}");
    }
    let changed = world.db.execute(world.scope, "UPDATE shares SET access = 'view'", vec![]).await.unwrap();
    assert_eq!(changed, 3);
    assert_eq!(world.db.execute(world.scope, "DELETE FROM shares", vec![]).await.unwrap(), 3);
    assert_eq!(other.shares().await, 3);
    let smuggle =
        "INSERT INTO shares (workspace_id, resource_type, resource_id, subject_id, access, shared_by, created_at)
                   VALUES ($1, 'conversation', $1, $1, 'edit', $1, 0)";
    assert!(world.db.execute(world.scope, smuggle, params![other.scope.workspace()]).await.is_err());
}
