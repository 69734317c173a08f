//! The second wall: on PostgreSQL a statement that forgets its `WHERE` still stays in its workspace.

use database::{Db, Engine, Error, Options, Platform, Scope, params};
use kernel::{TenantScope, WorkspaceId};
use testkit::{TestDb, db::run};
use uuid::Uuid;

use crate::{superuser, tables};

fn workspace(number: u128) -> TenantScope {
    TenantScope::assume(WorkspaceId::from_uuid(Uuid::from_u128(number)))
}

const NOTE: &str = "INSERT INTO notes (id, workspace_id, text) VALUES ($1, $2, 'x')";
/// Forgets the filter, on purpose.
const ALL: &str = "SELECT workspace_id FROM notes ORDER BY workspace_id";

async fn put(db: &Db, scope: impl Into<Scope>, id: u128, workspace: TenantScope) -> Result<u64, Error> {
    db.execute(scope, NOTE, params![Uuid::from_u128(id), workspace.workspace()]).await
}

async fn seen(db: &Db, scope: impl Into<Scope>) -> Vec<WorkspaceId> {
    let rows = db.all::<(WorkspaceId,)>(scope, ALL, params![]).await.unwrap();
    rows.into_iter().map(|(id,)| id).collect()
}

#[test]
fn rows_of_another_workspace_can_neither_be_seen_nor_written() {
    run(Engine::Postgres, async |db: TestDb| {
        tables::create(&db).await;
        let (ours, theirs) = (workspace(1), workspace(2));
        put(&db, ours, 1, ours).await.unwrap();
        put(&db, &theirs, 2, theirs).await.unwrap();

        assert_eq!(seen(&db, ours).await, [ours.workspace()]);
        assert_eq!(seen(&db, theirs).await, [theirs.workspace()]);
        assert_eq!(seen(&db, workspace(3)).await, []);
        assert_eq!(seen(&db, Platform).await, [ours.workspace(), theirs.workspace()]);

        let smuggled = put(&db, ours, 3, theirs).await;
        assert!(matches!(smuggled, Err(Error::RuleViolation { .. })), "{smuggled:?}");
        let moved = "UPDATE notes SET workspace_id = $1";
        let moved = db.execute(ours, moved, params![theirs.workspace()]).await;
        assert!(matches!(moved, Err(Error::RuleViolation { .. })), "{moved:?}");
        let changed = db.execute(ours, "UPDATE notes SET text = 'mine'", params![]).await.unwrap();
        assert_eq!(changed, 1);
        let deleted = db.execute(ours, "DELETE FROM notes", params![]).await.unwrap();
        assert_eq!(deleted, 1);
        assert_eq!(seen(&db, Platform).await, [theirs.workspace()]);
        // An id that is taken elsewhere is refused without a word about whose it is.
        let probed = put(&db, ours, 2, ours).await.unwrap_err();
        assert!(probed.is_unique_violation());
    });
}

#[test]
fn a_transaction_stays_in_its_workspace_and_leaves_nothing_behind() {
    run(Engine::Postgres, async |db: TestDb| {
        tables::create(&db).await;
        let (ours, theirs) = (workspace(1), workspace(2));
        put(&db, theirs, 2, theirs).await.unwrap();
        let mut options = Options::new(db.url());
        options.pool_size = 1;
        let db = Db::connect(&options).await.unwrap();
        for commit in [true, false] {
            let mut tx = db.begin(theirs).await.unwrap();
            assert_eq!(tx.scope(), Scope::Tenant(theirs));
            assert_eq!(tx.all::<(Uuid,)>(ALL, params![]).await.unwrap().len(), 1);
            if commit {
                tx.commit().await.unwrap();
            } else {
                drop(tx);
            }
            // The same connection, for somebody else.
            assert_eq!(seen(&db, ours).await, []);
        }
    });
}

#[test]
fn without_a_scope_nothing_is_seen() {
    run(Engine::Postgres, async |db: TestDb| {
        tables::create(&db).await;
        put(&db, workspace(1), 1, workspace(1)).await.unwrap();
        let client = superuser(&db).await;
        client.batch_execute("SET ROLE parlance_app").await.unwrap();
        assert_eq!(client.query(ALL, &[]).await.unwrap().len(), 0);
        // Also after a scope was set and ended.
        client.batch_execute("BEGIN; SET LOCAL parlance.workspace = 'platform'; COMMIT").await.unwrap();
        assert_eq!(client.query(ALL, &[]).await.unwrap().len(), 0);
    });
}

#[test]
fn the_policies_hold_for_the_owner_of_the_tables_too() {
    run(Engine::Postgres, async |db: TestDb| {
        // A login as a host gives it: no superuser, owner of its database.
        let name = db.url().rsplit('/').next().unwrap().to_owned();
        let owner = format!("owner_of_{name}");
        let database = format!("{name}_owned");
        let admin = superuser(&db).await;
        for sql in [format!("CREATE ROLE {owner} LOGIN"), format!("CREATE DATABASE {database} OWNER {owner}")] {
            admin.batch_execute(&sql).await.unwrap();
        }
        let url = db.url().replace(&name, &database).replace("postgres@", &format!("{owner}@"));
        let checked = tokio::spawn(async move {
            let db = Db::connect(&Options::new(url)).await.unwrap();
            db.migrate().await.unwrap();
            tables::create(&db).await;
            put(&db, workspace(1), 1, workspace(1)).await.unwrap();
            assert_eq!(seen(&db, workspace(2)).await, []);
            assert_eq!(seen(&db, Platform).await.len(), 1);
        })
        .await;
        for sql in [format!("DROP DATABASE {database} WITH (FORCE)"), format!("DROP ROLE {owner}")] {
            admin.batch_execute(&sql).await.unwrap();
        }
        checked.unwrap();
    });
}
