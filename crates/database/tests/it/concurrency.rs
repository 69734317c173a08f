//! Many at once.

use std::sync::Barrier;

use database::{Db, Engine, Error, FromRow, Platform, Row, params};
use futures_util::future::join_all;
use testkit::{TestDb, db::run, db_test};

use crate::tables;

const COUNT: &str = "SELECT count FROM shelves WHERE id = 1";
const BUMP: &str = "UPDATE shelves SET count = count + 1 WHERE id = 1";

async fn shelf(db: &Db) {
    tables::create(db).await;
    let sql = "INSERT INTO shelves (id, room, place) VALUES (1, 'hall', 1)";
    db.execute(Platform, sql, params![]).await.unwrap();
}

async fn bumps(db: &Db) -> i64 {
    let (count,) = db.one(Platform, COUNT, params![]).await.unwrap();
    count
}

/// Reads and writes in one transaction, as a check before a change does.
async fn read_then_write(db: &Db) {
    let mut tx = db.begin(Platform).await.unwrap();
    let (_,): (i64,) = tx.one(COUNT, params![]).await.unwrap();
    tx.execute(BUMP, params![]).await.unwrap();
    tx.commit().await.unwrap();
}

#[test]
fn eight_writers_of_a_thousand_transactions_never_meet_a_lock_on_sqlite() {
    run(Engine::Sqlite, async |db: TestDb| {
        shelf(&db).await;
        // Two handles, as two parts of a program that opened the same file have.
        let other = db.reconnect().await;
        let writers = (0..8).map(|writer| {
            let db = if writer % 4 == 0 { other.clone() } else { (*db).clone() };
            tokio::spawn(async move {
                for _ in 0..1_000 {
                    read_then_write(&db).await;
                }
            })
        });
        for writer in join_all(writers).await {
            writer.unwrap();
        }
        assert_eq!(bumps(&db).await, 8_000);
    });
}

#[db_test]
async fn four_hundred_concurrent_writers(db: TestDb) {
    shelf(&db).await;
    let writers = (0..400).map(|writer| {
        let db = (*db).clone();
        tokio::spawn(async move {
            if writer % 2 == 0 {
                db.execute(Platform, BUMP, params![]).await.unwrap();
            } else {
                read_then_write(&db).await;
            }
        })
    });
    for writer in join_all(writers).await {
        writer.unwrap();
    }
    assert_eq!(bumps(&db).await, 400);
}

#[db_test]
async fn readers_see_whole_transactions(db: TestDb) {
    shelf(&db).await;
    let writer = {
        let db = (*db).clone();
        tokio::spawn(async move {
            for _ in 0..200 {
                let mut tx = db.begin(Platform).await.unwrap();
                tx.execute(BUMP, params![]).await.unwrap();
                tx.execute(BUMP, params![]).await.unwrap();
                tx.commit().await.unwrap();
            }
        })
    };
    while !writer.is_finished() {
        assert_eq!(bumps(&db).await % 2, 0);
    }
    writer.await.unwrap();
    assert_eq!(bumps(&db).await, 400);
}

/// A row that is being read from the first barrier to the second.
struct Slow(i64);

static READING: Barrier = Barrier::new(2);
static WRITTEN: Barrier = Barrier::new(2);

impl FromRow for Slow {
    fn from_row(row: &mut Row<'_>) -> Result<Self, Error> {
        READING.wait();
        WRITTEN.wait();
        row.next().map(Self)
    }
}

#[test]
fn a_slow_reader_does_not_hold_up_writers_on_sqlite() {
    run(Engine::Sqlite, async |db: TestDb| {
        shelf(&db).await;
        let reader = {
            let db = (*db).clone();
            tokio::spawn(async move { db.one::<Slow>(Platform, COUNT, params![]).await.unwrap().0 })
        };
        tokio::task::spawn_blocking(|| READING.wait()).await.unwrap();
        for _ in 0..10 {
            db.execute(Platform, BUMP, params![]).await.unwrap();
        }
        assert_eq!(bumps(&db).await, 10);
        tokio::task::spawn_blocking(|| WRITTEN.wait()).await.unwrap();
        assert_eq!(reader.await.unwrap(), 0, "it sees what was there when it began");
    });
}

#[test]
fn the_log_is_copied_into_the_file_while_sqlite_writes() {
    run(Engine::Sqlite, async |db: TestDb| {
        tables::create(&db).await;
        let path = db.url().strip_prefix("sqlite:").unwrap().to_owned();
        let size = |suffix: &str| std::fs::metadata(format!("{path}{suffix}")).unwrap().len();
        let before = size("");
        let sql = "INSERT INTO things (id, bytes) VALUES ($1, $2)";
        let written = 2_000 * 20_000;
        for id in 0..2_000 {
            db.execute(Platform, sql, params![uuid::Uuid::from_u128(id), vec![7_u8; 20_000]]).await.unwrap();
        }
        // Most of it leaves the log without anybody closing the database.
        for attempt in 0.. {
            if size("") - before > written * 9 / 10 {
                break;
            }
            assert!(attempt < 200, "{} of {written} bytes were copied", size("") - before);
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            db.execute(Platform, "UPDATE things SET small = 1 WHERE id = $1", params![uuid::Uuid::nil()])
                .await
                .unwrap();
        }
    });
}
