//! What goes in comes out, on both engines.

use database::{Db, Error, FromRow, Json, Platform, Value, from_row, params};
use kernel::{Id, NanoUsd, PicoUsd, Timestamp, UserId};
use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, TestRunner},
};
use serde::{Deserialize, Serialize};
use testkit::{TestDb, db_test, env};
use uuid::Uuid;

use crate::tables;

#[derive(Debug, Clone, PartialEq)]
struct Thing {
    id: Uuid,
    flag: Option<bool>,
    small: Option<i32>,
    number: Option<i64>,
    ratio: Option<f64>,
    title: Option<String>,
    code: Option<String>,
    bytes: Option<Vec<u8>>,
    document: Option<Json<serde_json::Value>>,
}

from_row!(Thing { id, flag, small, number, ratio, title, code, bytes, document });

async fn insert(db: &Db, thing: Thing) -> Result<Thing, Error> {
    let mut tx = db.begin(Platform).await?;
    let back = tx
        .one(
            "INSERT INTO things (id, flag, small, number, ratio, title, code, bytes, document)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
             RETURNING id, flag, small, number, ratio, title, code, bytes, document",
            params![
                thing.id,
                thing.flag,
                thing.small,
                thing.number,
                thing.ratio,
                thing.title,
                thing.code,
                thing.bytes,
                thing.document
            ],
        )
        .await?;
    tx.commit().await?;
    Ok(back)
}

fn empty(id: Uuid) -> Thing {
    Thing {
        id,
        flag: None,
        small: None,
        number: None,
        ratio: None,
        title: None,
        code: None,
        bytes: None,
        document: None,
    }
}

#[db_test]
async fn every_value_comes_back_as_it_went_in(db: TestDb) {
    tables::create(&db).await;
    let json = r#"{"a":[1,2.5,null,true,"\"q\" \\u0000 é 😀"],"b":{}}"#;
    let full = Thing {
        id: Uuid::from_u128(u128::MAX),
        flag: Some(true),
        small: Some(i32::MIN),
        number: Some(i64::MAX),
        ratio: Some(-0.1),
        title: Some("Điện thoại 'quoted' \" 😀 \n".to_owned()),
        code: Some(String::new()),
        bytes: Some(vec![0, 255, 1, 0]),
        document: Some(Json(serde_json::from_str(json).unwrap())),
    };
    let nothing = empty(Uuid::nil());
    for thing in [full, nothing] {
        assert_eq!(insert(&db, thing.clone()).await.unwrap(), thing);
        let read: Thing = db
            .one(
                Platform,
                "SELECT id, flag, small, number, ratio, title, code, bytes, document FROM things WHERE id = $1",
                params![thing.id],
            )
            .await
            .unwrap();
        assert_eq!(read, thing);
    }
}

#[db_test]
async fn any_value_comes_back_as_it_went_in(db: TestDb) {
    tables::create(&db).await;
    let text = || proptest::option::of("[^\\x00]{0,80}");
    let ratio = proptest::option::of(prop::num::f64::NORMAL | prop::num::f64::ZERO | prop::num::f64::SUBNORMAL);
    let things = (
        any::<Option<bool>>(),
        any::<Option<i32>>(),
        any::<Option<i64>>(),
        ratio,
        text(),
        text(),
        any::<Option<Vec<u8>>>(),
        proptest::option::of(proptest::collection::btree_map(".{0,20}", any::<i64>(), 0..5)),
    );
    let mut runner = TestRunner::deterministic();
    for id in 0..200_u128 {
        let (flag, small, number, ratio, title, code, bytes, document) =
            things.new_tree(&mut runner).unwrap().current();
        let thing = Thing {
            id: Uuid::from_u128(id),
            flag,
            small,
            number,
            ratio,
            title,
            code,
            bytes,
            // Through the same door as a real value: NUL becomes U+FFFD there.
            document: document.map(|map| {
                let clean: serde_json::Map<_, _> =
                    map.into_iter().map(|(key, it)| (key.replace('\0', "\u{fffd}"), it.into())).collect();
                Json(clean.into())
            }),
        };
        assert_eq!(insert(&db, thing.clone()).await.unwrap(), thing);
    }
    assert_eq!(Config::default().cases, 256, "proptest is not configured away");
}

#[derive(Debug, PartialEq)]
struct Typed {
    id: UserId,
    at: Timestamp,
    cost: NanoUsd,
    price: PicoUsd,
    count: u32,
    big: u64,
    flag: bool,
}

from_row!(Typed { id, at, cost, price, count, big, flag });

#[db_test]
async fn the_houses_own_types_are_values_too(db: TestDb) {
    tables::create(&db).await;
    let env = env();
    let typed = Typed {
        id: env.id(),
        at: env.now(),
        cost: NanoUsd::new(-7),
        price: PicoUsd::new(2_500_000),
        count: u32::MAX,
        big: 1 << 62,
        flag: false,
    };
    let read: Typed = db
        .one(
            Platform,
            "SELECT CAST($1 AS UUID), CAST($2 AS BIGINT), CAST($3 AS BIGINT), CAST($4 AS BIGINT),
                    CAST($5 AS BIGINT), CAST($6 AS BIGINT), $7 = TRUE"
                .pick(db.engine(), "SELECT $1, $2, $3, $4, $5, $6, $7 = TRUE"),
            params![
                typed.id,
                typed.at,
                typed.cost,
                typed.price,
                typed.count,
                i64::try_from(typed.big).unwrap(),
                typed.flag
            ],
        )
        .await
        .unwrap();
    assert_eq!(read, typed);
}

/// SQLite has no type to cast a parameter to UUID with; a column would have told PostgreSQL.
trait Pick {
    fn pick(self, engine: database::Engine, sqlite: Self) -> Self;
}

impl Pick for &'static str {
    fn pick(self, engine: database::Engine, sqlite: Self) -> Self {
        match engine {
            database::Engine::Sqlite => sqlite,
            database::Engine::Postgres => self,
        }
    }
}

#[db_test]
async fn documents_are_typed(db: TestDb) {
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    struct Settings {
        theme: String,
        sizes: Vec<u8>,
    }
    tables::create(&db).await;
    let settings = Settings { theme: "tối".to_owned(), sizes: vec![1, 2] };
    let write = "INSERT INTO things (id, document) VALUES ($1, $2)";
    db.execute(Platform, write, params![Uuid::nil(), Json(&settings)]).await.unwrap();
    let read = "SELECT document FROM things WHERE id = $1";
    let (back,): (Json<Settings>,) = db.one(Platform, read, params![Uuid::nil()]).await.unwrap();
    assert_eq!(back.0, settings);
    let inside = "SELECT document ->> 'theme' FROM things WHERE document ->> 'theme' = $1";
    let (theme,): (String,) = db.one(Platform, inside, params!["tối"]).await.unwrap();
    assert_eq!(theme, "tối");
    let wrong = db.one::<(Json<Vec<String>>,)>(Platform, read, params![Uuid::nil()]).await;
    assert!(matches!(wrong, Err(Error::Decode { column, .. }) if column == "document"));
}

#[db_test]
async fn a_large_blob_and_a_large_text(db: TestDb) {
    tables::create(&db).await;
    let bytes: Vec<u8> = (0..5 << 20).map(|index: u32| index.to_le_bytes()[1]).collect();
    let title = "đ".repeat(1 << 20);
    let thing = Thing { bytes: Some(bytes), title: Some(title), ..empty(Uuid::nil()) };
    assert!(insert(&db, thing.clone()).await.unwrap() == thing);
}

#[db_test]
async fn nul_is_replaced_because_postgres_cannot_store_it(db: TestDb) {
    tables::create(&db).await;
    let document = serde_json::json!({"a\0b": ["\0", "\\u0000", "\\\0"]});
    let thing = Thing { title: Some("a\0b".to_owned()), document: Some(Json(document)), ..empty(Uuid::nil()) };
    let back = insert(&db, thing).await.unwrap();
    assert_eq!(back.title.as_deref(), Some("a\u{fffd}b"));
    let clean = serde_json::json!({"a\u{fffd}b": ["\u{fffd}", "\\u0000", "\\\u{fffd}"]});
    assert_eq!(back.document, Some(Json(clean)));
}

#[db_test]
async fn what_cannot_be_stored_is_refused_before_it_is_sent(db: TestDb) {
    tables::create(&db).await;
    for ratio in [f64::NAN, f64::INFINITY] {
        let failed = insert(&db, Thing { ratio: Some(ratio), ..empty(Uuid::nil()) }).await;
        assert!(matches!(failed, Err(Error::Encode(_))), "{failed:?}");
    }
    let keys_are_no_text = std::collections::BTreeMap::from([(vec![1], 2)]);
    let sql = "INSERT INTO things (id, document) VALUES ($1, $2)";
    let failed = db.execute(Platform, sql, params![Uuid::nil(), Json(keys_are_no_text)]).await;
    assert!(matches!(failed, Err(Error::Encode(message)) if message.contains("key must be a string")));
}

async fn read<T: FromRow>(db: &Db, sql: &'static str) -> Result<T, Error> {
    db.one(Platform, sql, params![]).await
}

#[db_test]
async fn a_column_of_another_type_is_named(db: TestDb) {
    fn message<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
        result.unwrap_err().to_string()
    }
    let sql = "SELECT 'x' AS title, CAST(300 AS BIGINT) AS number, CAST(-1 AS BIGINT) AS debt, NULL AS gap";
    let row = read::<(i64, i64, i64, Option<i64>)>(&db, sql).await;
    assert_eq!(message(row), "column title: expected an integer, found text");
    let row = read::<(String, u8, i64, Option<i64>)>(&db, sql).await;
    assert_eq!(message(row), "column number: 300 does not fit u8");
    let row = read::<(String, i64, u64, Option<i64>)>(&db, sql).await;
    assert_eq!(message(row), "column debt: -1 does not fit u64");
    let row = read::<(String, i64, i64, String)>(&db, sql).await;
    assert_eq!(message(row), "column gap: expected text, found NULL");
    let row = read::<(String, i64)>(&db, sql).await;
    assert_eq!(message(row), "column *: 4 columns were selected, 2 are read");
    let row = read::<(String, i64, i64, Option<i64>, i64)>(&db, sql).await;
    assert_eq!(message(row), "column #5: only 4 columns were selected");
    assert!(read::<(String, i64, i64, Option<i64>)>(&db, sql).await.is_ok());
}

#[db_test]
async fn parameters_are_bound_by_number_and_counted(db: TestDb) {
    tables::create(&db).await;
    let sql = "INSERT INTO shelves (id, room, place, label) VALUES ($3, $1, $2, $1)";
    db.execute(Platform, sql, params!["hall", 5, 7]).await.unwrap();
    let shelf: (i64, String, i64, String) = read(&db, "SELECT id, room, place, label FROM shelves").await.unwrap();
    assert_eq!(shelf, (7, "hall".to_owned(), 5, "hall".to_owned()));
    for wrong in [params![], params!["hall", 5], params!["hall", 5, 8, 9]] {
        assert!(matches!(db.execute(Platform, sql, wrong).await, Err(Error::Encode(_))));
    }
}

#[db_test]
async fn lower_knows_more_than_ascii(db: TestDb) {
    let sql = "SELECT lower(CAST($1 AS TEXT))";
    let (text,): (String,) = db.one(Platform, sql, params!["ĐẶNG Văn ÉCLAIR"]).await.unwrap();
    assert_eq!(text, "đặng văn éclair");
    let (none,): (Option<String>,) = db.one(Platform, sql, params![Value::Null]).await.unwrap();
    assert_eq!(none, None);
}

#[test]
fn values_do_not_show_their_content() {
    let values = params!["secret", 42, Json("secret"), Id::<kernel::id::kind::User>::from_uuid(Uuid::nil())];
    assert_eq!(format!("{values:?}"), "[text, an integer, JSON, a uuid]");
}
