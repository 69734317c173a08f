//! All or nothing.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use database::{Db, Error, Options, Platform, Tx, params};
use futures_util::FutureExt as _;
use testkit::{TestDb, db_test};

use crate::tables;

const SHELF: &str = "INSERT INTO shelves (id, room, place) VALUES ($1, 'hall', $1)";

async fn put(tx: &mut Tx, id: i64) {
    assert_eq!(tx.execute(SHELF, params![id]).await.unwrap(), 1);
}

async fn count(db: &Db) -> i64 {
    let (count,) = db.one(Platform, "SELECT count(*) FROM shelves", params![]).await.unwrap();
    count
}

#[db_test]
async fn a_commit_lasts_and_is_seen_only_then(db: TestDb) {
    tables::create(&db).await;
    let mut tx = db.begin(Platform).await.unwrap();
    put(&mut tx, 1).await;
    let (own,): (i64,) = tx.one("SELECT count(*) FROM shelves", params![]).await.unwrap();
    assert_eq!((own, count(&db).await), (1, 0));
    tx.commit().await.unwrap();
    assert_eq!(count(&db).await, 1);
    assert_eq!(count(&db.reconnect().await).await, 1);
}

#[db_test]
async fn what_waits_for_a_commit_is_done_after_it_and_only_then(db: TestDb) {
    tables::create(&db).await;
    let done = Arc::new(AtomicUsize::new(0));
    let count_one = |done: &Arc<AtomicUsize>| {
        let done = done.clone();
        move || {
            done.fetch_add(1, Ordering::SeqCst);
        }
    };
    let mut tx = db.begin(Platform).await.unwrap();
    put(&mut tx, 1).await;
    tx.on_commit(count_one(&done));
    tx.on_commit(count_one(&done));
    assert_eq!(done.load(Ordering::SeqCst), 0);
    tx.commit().await.unwrap();
    assert_eq!(done.load(Ordering::SeqCst), 2);

    let mut dropped = db.begin(Platform).await.unwrap();
    dropped.on_commit(count_one(&done));
    drop(dropped);
    let mut undone = db.begin(Platform).await.unwrap();
    undone.on_commit(count_one(&done));
    undone.rollback().await.unwrap();
    let mut failed = db.begin(Platform).await.unwrap();
    failed.on_commit(count_one(&done));
    failed.execute(SHELF, params![1]).await.unwrap_err();
    failed.commit().await.unwrap_err();
    assert_eq!(done.load(Ordering::SeqCst), 2);
}

#[db_test]
async fn a_relaxed_commit_is_a_commit(db: TestDb) {
    tables::create(&db).await;
    let mut tx = db.begin_relaxed(Platform).await.unwrap();
    put(&mut tx, 1).await;
    tx.commit().await.unwrap();
    db.execute_relaxed(Platform, SHELF, params![2]).await.unwrap();
    assert_eq!(count(&db).await, 2);
}

#[db_test]
async fn dropping_rolls_back(db: TestDb) {
    tables::create(&db).await;
    for _ in 0..20 {
        let mut tx = db.begin(Platform).await.unwrap();
        put(&mut tx, 1).await;
        drop(tx);
        // The next writer finds neither the row nor a transaction left open.
        let mut tx = db.begin(Platform).await.unwrap();
        put(&mut tx, 1).await;
        tx.rollback().await.unwrap();
    }
    assert_eq!(count(&db).await, 0);
    drop(db.begin(Platform).await.unwrap());
    db.begin(Platform).await.unwrap().commit().await.unwrap();
    db.begin(Platform).await.unwrap().rollback().await.unwrap();
    db.execute(Platform, SHELF, params![1]).await.unwrap();
}

#[db_test]
async fn a_panic_rolls_back(db: TestDb) {
    tables::create(&db).await;
    let panicking = std::panic::AssertUnwindSafe(async {
        let mut tx = db.begin(Platform).await.unwrap();
        put(&mut tx, 1).await;
        panic!("in the middle of a transaction");
    });
    assert!(panicking.catch_unwind().await.is_err());
    assert_eq!(count(&db).await, 0);
    db.execute(Platform, SHELF, params![1]).await.unwrap();
}

#[db_test]
async fn a_cancelled_statement_rolls_back(db: TestDb) {
    tables::create(&db).await;
    let mut tx = db.begin(Platform).await.unwrap();
    put(&mut tx, 1).await;
    // One poll sends it, and is over long before the answer comes; nobody waits for that.
    let slow = "INSERT INTO shelves (id, room, place)
                WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 300000)
                SELECT max(x), 'hall', $1 FROM n";
    let cancelled = tx.execute(slow, params![2]).now_or_never();
    assert!(cancelled.is_none());
    assert!(matches!(tx.execute(SHELF, params![3]).await, Err(Error::Aborted)));
    assert!(matches!(tx.commit().await, Err(Error::Aborted)));
    assert_eq!(count(&db).await, 0);
}

#[db_test]
async fn after_an_error_nothing_is_kept(db: TestDb) {
    tables::create(&db).await;
    let mut tx = db.begin(Platform).await.unwrap();
    put(&mut tx, 1).await;
    assert!(tx.execute(SHELF, params![1]).await.unwrap_err().is_unique_violation());
    assert!(matches!(tx.execute(SHELF, params![2]).await, Err(Error::Aborted)));
    assert!(matches!(tx.commit().await, Err(Error::Aborted)));
    assert_eq!(count(&db).await, 0);
}

#[db_test]
async fn finding_nothing_is_no_failure(db: TestDb) {
    tables::create(&db).await;
    let mut tx = db.begin(Platform).await.unwrap();
    put(&mut tx, 1).await;
    let sql = "SELECT id FROM shelves WHERE id = $1";
    assert!(tx.one::<(i64,)>(sql, params![2]).await.unwrap_err().is_not_found());
    assert_eq!(tx.optional::<(i64,)>(sql, params![2]).await.unwrap(), None);
    put(&mut tx, 2).await;
    let two = tx.one::<(i64,)>("SELECT id FROM shelves WHERE place > $1", params![0]).await;
    assert!(matches!(two, Err(Error::TooManyRows)));
    tx.commit().await.unwrap();
    assert_eq!(count(&db).await, 2);
}

#[db_test]
async fn returning_and_conflict_clauses(db: TestDb) {
    tables::create(&db).await;
    let upsert = "INSERT INTO shelves (id, room, place, count) VALUES ($1, 'hall', 1, 1)
                  ON CONFLICT (room, place) DO UPDATE SET count = shelves.count + excluded.count
                  RETURNING id, count";
    let mut tx = db.begin(Platform).await.unwrap();
    assert_eq!(tx.one::<(i64, i64)>(upsert, params![1]).await.unwrap(), (1, 1));
    assert_eq!(tx.one::<(i64, i64)>(upsert, params![2]).await.unwrap(), (1, 2));
    let joined = "UPDATE shelves SET count = more.count + $1
                  FROM (SELECT id, count FROM shelves) AS more WHERE more.id = shelves.id";
    assert_eq!(tx.execute(joined, params![40]).await.unwrap(), 1);
    assert_eq!(tx.execute("DELETE FROM shelves WHERE id = $1", params![404]).await.unwrap(), 0);
    let left = tx.all::<(i64,)>("DELETE FROM shelves RETURNING count", params![]).await.unwrap();
    assert_eq!(left, [(42,)]);
    tx.commit().await.unwrap();
}

#[db_test]
async fn a_query_outside_a_transaction_cannot_write(db: TestDb) {
    tables::create(&db).await;
    let sql = "INSERT INTO shelves (id, room, place) VALUES (1, 'hall', 1) RETURNING id";
    assert!(matches!(db.one::<(i64,)>(Platform, sql, params![]).await, Err(Error::Other(_))));
    assert_eq!(count(&db).await, 0);
}

#[db_test]
async fn a_second_writer_inside_a_transaction_is_told_so(db: TestDb) {
    tables::create(&db).await;
    let mut options = Options::new(db.url());
    options.patience = Duration::from_millis(300);
    options.pool_size = 1;
    let db = Db::connect(&options).await.unwrap();
    let mut tx = db.begin(Platform).await.unwrap();
    put(&mut tx, 1).await;
    let nested = db.execute(Platform, SHELF, params![2]).await;
    assert!(matches!(nested, Err(Error::Unavailable(_))), "{nested:?}");
    assert!(matches!(db.begin(Platform).await, Err(Error::Unavailable(_))));
    // The outer one never noticed.
    tx.commit().await.unwrap();
    assert_eq!(count(&db).await, 1);
}

#[db_test]
async fn a_batch_is_done_in_order_and_counts_each(db: TestDb) {
    const MOVE: &str = "UPDATE shelves SET room = $2 WHERE id = $1 AND room = $3";
    tables::create(&db).await;
    let mut tx = db.begin(Platform).await.unwrap();
    let put = |id: i64| (SHELF, params![id]);
    let moves =
        [(MOVE, params![1, "attic", "hall"]), (MOVE, params![1, "cellar", "attic"]), (MOVE, params![9, "x", "y"])];
    let counts = tx.execute_batch([put(1), put(2)].into_iter().chain(moves).collect()).await.unwrap();
    assert_eq!(counts, [1, 1, 1, 1, 0]);
    assert!(tx.execute_batch(Vec::new()).await.unwrap().is_empty());
    let (room,): (String,) = tx.one("SELECT room FROM shelves WHERE id = 1", params![]).await.unwrap();
    assert_eq!(room, "cellar");
    let many = (10..300).map(put).collect();
    assert_eq!(tx.execute_batch(many).await.unwrap().len(), 290);
    tx.commit().await.unwrap();
    assert_eq!(count(&db).await, 292);
}

#[db_test]
async fn a_batch_that_fails_undoes_all(db: TestDb) {
    tables::create(&db).await;
    let mut tx = db.begin(Platform).await.unwrap();
    let error =
        tx.execute_batch(vec![(SHELF, params![1]), (SHELF, params![1]), (SHELF, params![2])]).await.unwrap_err();
    assert!(error.is_unique_violation(), "{error}");
    assert!(matches!(tx.commit().await, Err(Error::Aborted)));
    assert_eq!(count(&db).await, 0);
    db.execute(Platform, SHELF, params![1]).await.unwrap();
}
