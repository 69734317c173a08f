//! Each test's database is its own, and as if it were just migrated.

use std::{panic::AssertUnwindSafe, sync::Mutex};

use database::{Engine, Migration, Platform, SchemaState, params};
use testkit::{TestDb, db::run, db_test};

const KEY: &str = "INSERT INTO idempotency_keys (workspace_id, user_id, key, request_hash, created_at, expires_at)
    VALUES ($1, $1, 'key', $2, 0, 0)";
const COUNT: &str = "SELECT count(*) FROM idempotency_keys";

async fn is_fresh(db: &TestDb) {
    assert_eq!(db.schema_state().await.unwrap(), SchemaState::Current);
    assert_eq!(db.one::<(i64,)>(Platform, COUNT, params![]).await.unwrap(), (0,));
    db.execute(Platform, KEY, params![uuid::Uuid::nil(), vec![1]]).await.unwrap();
}

/// Documentation and attributes of the test stay on it.
#[db_test]
#[should_panic(expected = "as asked")]
async fn attributes_are_kept(db: TestDb) {
    is_fresh(&db).await;
    panic!("as asked");
}

#[db_test]
async fn a_test_may_return_a_result(db: TestDb) -> Result<(), database::Error> {
    is_fresh(&db).await;
    db.ping().await
}

#[test]
fn databases_do_not_see_each_other_even_at_the_same_time() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| run(engine, async |db: TestDb| is_fresh(&db).await));
            }
        });
        run(engine, async |db: TestDb| is_fresh(&db).await);
    }
}

#[test]
fn a_panic_is_passed_on_and_leaves_nothing() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let url = Mutex::new(String::new());
        let panicked = std::panic::catch_unwind(AssertUnwindSafe(|| {
            run(engine, async |db: TestDb| {
                db.url().clone_into(&mut url.lock().unwrap());
                is_fresh(&db).await;
                panic!("as asked");
            });
        }));
        assert_eq!(panicked.unwrap_err().downcast_ref(), Some(&"as asked"));
        let url = url.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(path) = url.strip_prefix("sqlite:") {
            assert!(!std::path::Path::new(path).exists());
        }
        run(engine, async |db: TestDb| is_fresh(&db).await);
    }
}

#[db_test]
async fn a_changed_schema_is_not_handed_on(db: TestDb) {
    is_fresh(&db).await;
    let mut files = database::migrations(db.engine()).to_vec();
    files.push(Migration { version: 9_000, name: "test", sql: "CREATE TABLE extra (id BIGINT)" });
    // Fails the next time if the database comes back with the table in it.
    assert_eq!(db.migrate_to(files.leak()).await.unwrap().len(), 1);
}
