//! The runner: order, checksums, several nodes at once, programs of another age.

use database::{Db, Engine, Error, Migration, Options, Platform, SchemaState, migrations, params};
use futures_util::future::join_all;
use testkit::{TestDb, db_test};

use crate::tables;

const NEW: &str = "CREATE TABLE added (id BIGINT NOT NULL PRIMARY KEY)";

#[test]
fn the_engines_have_twin_files_in_order() {
    let names = |engine| migrations(engine).iter().map(|file| (file.version, file.name)).collect::<Vec<_>>();
    let sqlite = names(Engine::Sqlite);
    assert_eq!(sqlite, names(Engine::Postgres));
    let numbers: Vec<_> = sqlite.iter().map(|(version, _)| *version).collect();
    assert_eq!(numbers.first(), Some(&1));
    assert!(numbers.is_sorted_by(|one, next| one < next), "{numbers:?}: no two have the same number");
}

#[db_test]
async fn a_fresh_database_is_current_and_migrating_again_does_nothing(db: TestDb) {
    assert_eq!(db.schema_state().await.unwrap(), SchemaState::Current);
    assert_eq!(db.migrate().await.unwrap(), Vec::<&Migration>::new());
}

#[db_test]
async fn a_newer_database_is_refused(db: TestDb) {
    let known = migrations(db.engine()).last().unwrap().version;
    tables::add(&db, 9_000, NEW, NEW).await;
    let refused = db.migrate().await;
    assert!(matches!(refused, Err(Error::NewerSchema { found: 9_000, known: it }) if it == known), "{refused:?}");
    assert!(refused.unwrap_err().to_string().contains("newer version"));
    assert_eq!(db.schema_state().await.unwrap(), SchemaState::Newer { found: 9_000, known });
}

#[db_test]
async fn a_changed_file_is_refused(db: TestDb) {
    tables::add(&db, 9_000, NEW, NEW).await;
    let changed = "CREATE TABLE added (id BIGINT NOT NULL PRIMARY KEY, more TEXT)";
    let refused = db.migrate_to(tables::with(db.engine(), 9_000, changed, changed)).await;
    let message = refused.unwrap_err().to_string();
    assert_eq!(message, "migration 9000_test: its text changed after it was applied to this database");
}

#[db_test]
async fn a_file_that_comes_late_is_refused(db: TestDb) {
    tables::add(&db, 9_002, NEW, NEW).await;
    let mut files = tables::with(db.engine(), 9_002, NEW, NEW).to_vec();
    let late = Migration { version: 9_001, name: "late", sql: "CREATE TABLE late (id BIGINT)" };
    files.insert(files.len() - 1, late);
    let refused = db.migrate_to(files.leak()).await.unwrap_err().to_string();
    assert!(refused.starts_with("migration 9001_late: comes after 9002"), "{refused}");
    let without_first = tables::with(db.engine(), 9_002, NEW, NEW)[1..].to_vec().leak();
    let refused = db.migrate_to(without_first).await.unwrap_err().to_string();
    assert!(refused.starts_with("migration 0001_platform: was applied"), "{refused}");
}

#[db_test]
async fn a_file_that_fails_leaves_nothing(db: TestDb) {
    let broken = "CREATE TABLE half (id BIGINT); INSERT INTO half (id) VALUES (1); SELECT * FROM nowhere;";
    let failed = db.migrate_to(tables::with(db.engine(), 9_000, broken, broken)).await.unwrap_err();
    let message = failed.to_string();
    assert!(message.starts_with("migration 9000_test: ") && message.contains("nowhere"), "{message}");
    let half = db.one::<(i64,)>(Platform, "SELECT count(*) FROM half", params![]).await;
    assert!(matches!(half, Err(Error::Other(_))), "{half:?}");
    // The number is free for the corrected file.
    tables::add(&db, 9_000, NEW, NEW).await;
}

#[db_test]
async fn several_nodes_may_migrate_at_once(db: TestDb) {
    let files = tables::with(db.engine(), 9_000, NEW, NEW);
    let nodes = (0..6).map(|_| async {
        let node = Db::connect(&Options::new(db.url())).await.unwrap();
        node.migrate_to(files).await.unwrap().len()
    });
    let applied: usize = join_all(nodes).await.into_iter().sum();
    assert_eq!(applied, 1);
}

#[db_test]
async fn pending_files_are_counted(db: TestDb) {
    let total = migrations(db.engine()).len();
    assert!(total > 0);
    let delete = match db.engine() {
        Engine::Sqlite => {
            db.execute(Platform, "DELETE FROM schema_migrations", params![]).await.unwrap();
            assert_eq!(db.schema_state().await.unwrap(), SchemaState::Pending(total));
            return;
        }
        Engine::Postgres => db.execute(Platform, "DELETE FROM schema_migrations", params![]).await,
    };
    // The role that statements run under may read the history, not write it.
    assert!(matches!(delete, Err(Error::RuleViolation { .. })), "{delete:?}");
}
