//! Databases that are away, or go away.

use database::{Db, Engine, Error, Options, Platform, params};
use testkit::{TestDb, db::run, db_test};

use crate::{superuser, tables};

async fn failure(url: &str) -> Error {
    match Db::connect(&Options::new(url)).await {
        Ok(_) => panic!("{url} was reached"),
        Err(error) => error,
    }
}

#[tokio::test]
async fn an_address_that_makes_no_sense_is_refused() {
    for url in ["", "mysql://host/db", "parlance.db", "sqlite:", "sqlite::memory:", "postgres://host:nowhere/db"] {
        assert!(matches!(failure(url).await, Error::Options(_)), "{url}");
    }
    for url in [
        "postgres://user:hunter2@127.0.0.1:port/db",
        "postgres://user:hunter2@127.0.0.1/db?sslmode=maybe",
        "postgres://user:hunter2@127.0.0.1/db?sslmode=require&sslrootcert=ca.pem",
        "postgres://user:hunter2@127.0.0.1/db?sslmode=verify-full&sslrootcert=/nonexistent/ca.pem",
    ] {
        let error = failure(url).await;
        assert!(matches!(error, Error::Options(_)), "{error}");
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    }
}

#[tokio::test]
async fn a_database_that_is_away_is_named_without_its_password() {
    // Port 1 is nobody's.
    let error = failure("postgres://user:hunter2@127.0.0.1:1/ledger?connect_timeout=2").await;
    let message = error.to_string();
    assert!(matches!(error, Error::Unavailable(_)));
    assert!(message.contains("127.0.0.1:1") && message.contains("\"ledger\""), "{message}");
    assert!(message.contains("refused"), "{message}");
    assert!(!format!("{message} {error:?}").contains("hunter2"));

    let folder = tempfile::tempdir().unwrap();
    let error = failure(&format!("sqlite:{}/no/such/folder/x.db", folder.path().display())).await;
    assert!(matches!(&error, Error::Unavailable(message) if message.contains("no/such/folder/x.db")), "{error}");

    let text = folder.path().join("text.db");
    std::fs::write(&text, "not a database, but long enough to be looked at by SQLite".repeat(20)).unwrap();
    let error = failure(&format!("sqlite:{}", text.display())).await;
    assert!(matches!(&error, Error::Unavailable(message) if message.contains("not a database")), "{error}");
}

#[test]
fn an_unknown_database_or_user_says_so() {
    run(Engine::Postgres, async |db: TestDb| {
        let name = db.url().rsplit('/').next().unwrap();
        let error = failure(&db.url().replace(name, "no_such_database")).await;
        assert!(error.to_string().contains("does not exist"), "{error}");
    });
}

#[cfg(unix)]
#[test]
fn a_new_file_is_readable_by_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let path = folder.path().join("new.db");
        let db = Db::connect(&Options::new(format!("sqlite:{}", path.display()))).await.unwrap();
        db.migrate().await.unwrap();
        for name in ["new.db", "new.db-wal", "new.db-shm"] {
            let mode = std::fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
    });
}

/// Ends every other connection to the database, as a server that restarts does.
async fn cut(db: &TestDb) {
    let client = superuser(db).await;
    let sql = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
               WHERE datname = current_database() AND pid <> pg_backend_pid()";
    client.query(sql, &[]).await.unwrap();
}

const SHELF: &str = "INSERT INTO shelves (id, room, place) VALUES ($1, 'hall', $1)";

#[test]
fn cut_connections_are_replaced() {
    run(Engine::Postgres, async |db: TestDb| {
        tables::create(&db).await;
        for id in 0..20 {
            db.ping().await.unwrap();
            cut(&db).await;
            // Reads, and transactions that have done nothing yet, notice nothing.
            if id % 2 == 0 {
                db.ping().await.unwrap();
            } else {
                let mut tx = db.begin(Platform).await.unwrap();
                tx.execute(SHELF, params![id]).await.unwrap();
                tx.commit().await.unwrap();
            }
        }
        let (count,): (i64,) = db.one(Platform, "SELECT count(*) FROM shelves", params![]).await.unwrap();
        assert_eq!(count, 10);
    });
}

#[test]
fn a_transaction_that_is_cut_fails_and_leaves_nothing() {
    run(Engine::Postgres, async |db: TestDb| {
        tables::create(&db).await;
        let mut tx = db.begin(Platform).await.unwrap();
        tx.execute(SHELF, params![1]).await.unwrap();
        cut(&db).await;
        let second = tx.execute(SHELF, params![2]).await;
        assert!(matches!(second, Err(Error::Unavailable(_))), "{second:?}");
        assert!(matches!(tx.commit().await, Err(Error::Aborted)));

        let mut tx = db.begin(Platform).await.unwrap();
        tx.execute(SHELF, params![3]).await.unwrap();
        cut(&db).await;
        let lost = tx.commit().await;
        assert!(matches!(lost, Err(Error::Unavailable(_))), "{lost:?}");

        let (count,): (i64,) = db.one(Platform, "SELECT count(*) FROM shelves", params![]).await.unwrap();
        assert_eq!(count, 0);
    });
}

#[test]
fn a_statement_prepared_before_a_column_changed_is_prepared_again() {
    run(Engine::Postgres, async |db: TestDb| {
        tables::create(&db).await;
        db.execute(Platform, SHELF, params![1]).await.unwrap();
        let mut options = Options::new(db.url());
        options.pool_size = 1;
        let one = Db::connect(&options).await.unwrap();
        let sql = "SELECT count FROM shelves";
        assert_eq!(one.one::<(i64,)>(Platform, sql, params![]).await.unwrap(), (0,));
        let alter = "ALTER TABLE shelves ALTER COLUMN count TYPE INTEGER";
        superuser(&db).await.batch_execute(alter).await.unwrap();
        assert_eq!(one.one::<(i64,)>(Platform, sql, params![]).await.unwrap(), (0,));
    });
}

#[test]
fn encryption_follows_sslmode() {
    run(Engine::Postgres, async |db: TestDb| {
        let server = superuser(&db).await;
        let offered: String = server.query_one("SHOW ssl", &[]).await.unwrap().get(0);
        for (mode, encrypted) in [("disable", false), ("prefer", offered == "on")] {
            let db = Db::connect(&Options::new(format!("{}?sslmode={mode}", db.url()))).await.unwrap();
            let (pid,): (i32,) = db.one(Platform, "SELECT pg_backend_pid()", params![]).await.unwrap();
            let ask = "SELECT ssl FROM pg_stat_ssl WHERE pid = $1";
            let found: bool = server.query_one(ask, &[&pid]).await.unwrap().get(0);
            assert_eq!(found, encrypted, "{mode}");
        }
        let required = Db::connect(&Options::new(format!("{}?sslmode=require", db.url()))).await;
        assert_eq!(required.is_ok(), offered == "on");
        // A test server's certificate is signed by nobody that the world trusts.
        let verified = failure(&format!("{}?sslmode=verify-full", db.url())).await;
        assert!(matches!(verified, Error::Unavailable(_)), "{verified}");
    });
}

#[db_test]
async fn a_closed_database_says_so(db: TestDb) {
    tables::create(&db).await;
    let other = (*db).clone();
    db.execute(Platform, SHELF, params![1]).await.unwrap();
    other.clone().close().await.unwrap();
    let late = other.execute(Platform, SHELF, params![2]).await;
    assert!(matches!(late, Err(Error::Unavailable(_))), "{late:?}");
    let again = db.reconnect().await;
    let (count,): (i64,) = again.one(Platform, "SELECT count(*) FROM shelves", params![]).await.unwrap();
    assert_eq!(count, 1);
}
