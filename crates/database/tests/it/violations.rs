//! A broken constraint is the same error on both engines.

use database::{Db, Error, Platform, params};
use testkit::{TestDb, db_test};

use crate::tables;

const SHELF: &str = "INSERT INTO shelves (id, room, place, label) VALUES ($1, $2, $3, $4)";

async fn shelf(db: &Db, id: i64, room: &'static str, place: i64, label: &'static str) -> Result<u64, Error> {
    db.execute(Platform, SHELF, params![id, room, place, label]).await
}

fn taken(result: Result<u64, Error>) -> String {
    match result {
        Err(Error::UniqueViolation { constraint }) => constraint,
        other => panic!("{other:?}"),
    }
}

#[db_test]
async fn unique(db: TestDb) {
    tables::create(&db).await;
    shelf(&db, 1, "hall", 1, "Đen").await.unwrap();
    assert_eq!(taken(shelf(&db, 1, "attic", 9, "").await), "shelves.id");
    assert_eq!(taken(shelf(&db, 2, "hall", 1, "").await), "shelves.room, shelves.place");
    assert_eq!(taken(shelf(&db, 3, "attic", 3, "ĐEN").await), "shelves_lower_label");
    shelf(&db, 4, "attic", 4, "").await.unwrap();
    shelf(&db, 5, "attic", 5, "").await.unwrap();
}

#[db_test]
async fn foreign_keys(db: TestDb) {
    tables::create(&db).await;
    let book = "INSERT INTO books (id, shelf_id) VALUES ($1, $2)";
    let orphan = db.execute(Platform, book, params![1, 404]).await;
    assert!(matches!(orphan, Err(Error::ForeignKeyViolation)), "{orphan:?}");
    shelf(&db, 1, "hall", 1, "").await.unwrap();
    db.execute(Platform, book, params![1, 1]).await.unwrap();
    let parent = db.execute(Platform, "DELETE FROM shelves WHERE id = $1", params![1]).await;
    assert!(matches!(parent, Err(Error::ForeignKeyViolation)), "{parent:?}");
}

#[db_test]
async fn rules(db: TestDb) {
    tables::create(&db).await;
    let negative = shelf(&db, 1, "hall", -1, "").await;
    assert!(matches!(negative, Err(Error::RuleViolation { .. })), "{negative:?}");
    let without = db.execute(Platform, SHELF, params![1, None::<String>, 1, ""]).await;
    assert!(matches!(without, Err(Error::RuleViolation { .. })), "{without:?}");
}

#[db_test]
async fn a_wrong_statement_is_no_ones_fault_but_ours(db: TestDb) {
    let wrong = db.execute(Platform, "UPDATE no_such_table SET x = 1", params![]).await;
    assert!(matches!(wrong, Err(Error::Other(_))), "{wrong:?}");
}
