//! Tables of the tests' own, added as one more migration.

use database::{Db, Engine, Migration, migrations};

/// A table with a column of each type, and what the constraints' tests need.
const SQLITE: &str = "
CREATE TABLE things (
    id BLOB NOT NULL PRIMARY KEY,
    flag BOOLEAN, small INTEGER, number BIGINT, ratio DOUBLE, title TEXT, code VARCHAR(200), bytes BLOB, document TEXT
);
CREATE TABLE shelves (
    id BIGINT NOT NULL PRIMARY KEY,
    room TEXT NOT NULL, place BIGINT NOT NULL CHECK (place >= 0), label TEXT NOT NULL DEFAULT '', count BIGINT NOT NULL DEFAULT 0,
    UNIQUE (room, place)
);
CREATE UNIQUE INDEX shelves_lower_label ON shelves (lower(label)) WHERE label <> '';
CREATE TABLE books (
    id BIGINT NOT NULL PRIMARY KEY,
    shelf_id BIGINT NOT NULL REFERENCES shelves(id)
);
CREATE TABLE notes (
    id BLOB NOT NULL PRIMARY KEY,
    workspace_id BLOB NOT NULL,
    text TEXT NOT NULL
);
";
const POSTGRES: &str = "
CREATE TABLE things (
    id UUID NOT NULL PRIMARY KEY,
    flag BOOLEAN, small INTEGER, number BIGINT, ratio DOUBLE PRECISION, title TEXT, code VARCHAR(200), bytes BYTEA, document JSONB
);
CREATE TABLE shelves (
    id BIGINT NOT NULL PRIMARY KEY,
    room TEXT NOT NULL, place BIGINT NOT NULL CHECK (place >= 0), label TEXT NOT NULL DEFAULT '', count BIGINT NOT NULL DEFAULT 0,
    UNIQUE (room, place)
);
CREATE UNIQUE INDEX shelves_lower_label ON shelves (lower(label)) WHERE label <> '';
CREATE TABLE books (
    id BIGINT NOT NULL PRIMARY KEY,
    shelf_id BIGINT NOT NULL REFERENCES shelves(id)
);
CREATE TABLE notes (
    id UUID NOT NULL PRIMARY KEY,
    workspace_id UUID NOT NULL,
    text TEXT NOT NULL
);
ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
ALTER TABLE notes FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON notes USING (current_setting('parlance.workspace', true) IN ('platform', workspace_id::text));
";

/// Adds the tables.
pub async fn create(db: &Db) {
    add(db, 9_000, SQLITE, POSTGRES).await;
}

/// Applies one more migration.
pub async fn add(db: &Db, version: i64, sqlite: &'static str, postgres: &'static str) {
    db.migrate_to(with(db.engine(), version, sqlite, postgres)).await.unwrap();
}

/// The project's migrations and one more.
pub fn with(engine: Engine, version: i64, sqlite: &'static str, postgres: &'static str) -> &'static [Migration] {
    let sql = match engine {
        Engine::Sqlite => sqlite,
        Engine::Postgres => postgres,
    };
    let mut files = migrations(engine).to_vec();
    files.push(Migration { version, name: "test", sql });
    files.leak()
}
