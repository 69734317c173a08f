//! What stands in the database of a tenant and of its person: every table that names one, taken from the schema.

use std::collections::BTreeMap;

use database::{Db, Engine, Platform, params};
use kernel::{UserId, WorkspaceId};

use crate::support::Person;

/// Noted beside requests, also beside those that are refused.
const NOTED: &str = "last_used_at";

/// Each table's rows as text.
pub(crate) type Rows = BTreeMap<String, String>;

/// The rows of the workspace that the person is in, and the person's own.
pub(crate) async fn snapshot(person: &Person<'_>) -> Rows {
    let db = &person.app().platform.db;
    let workspace: WorkspaceId = person.workspace_id().parse().unwrap();
    let user: UserId = person.user_id().parse().unwrap();
    let mut rows = Rows::new();
    for (table, columns) in tables(db).await {
        let (owner, id) = match () {
            () if columns.iter().any(|column| column == "workspace_id") => ("workspace_id", workspace.uuid()),
            () if columns.iter().any(|column| column == "user_id") => ("user_id", user.uuid()),
            () if table == "workspaces" => ("id", workspace.uuid()),
            () if table == "users" => ("id", user.uuid()),
            () => continue,
        };
        let shown: Vec<String> = columns
            .iter()
            .filter(|column| *column != NOTED)
            .map(|column| match db.engine() {
                Engine::Sqlite => format!("quote(\"{column}\")"),
                Engine::Postgres => format!("COALESCE(\"{column}\"::text, 'NULL')"),
            })
            .collect();
        let line = shown.join(" || '|' || ");
        let sql = format!("SELECT {line} FROM \"{table}\" WHERE {owner} = $1");
        let mut lines: Vec<(String,)> = db.all(Platform, sql.leak(), params![id]).await.unwrap();
        lines.sort();
        rows.insert(table, lines.into_iter().map(|(line,)| line + "\n").collect());
    }
    assert!(rows.len() > 25, "the tables are found: {:?}", rows.keys());
    rows
}

/// Every table and its columns.
async fn tables(db: &Db) -> BTreeMap<String, Vec<String>> {
    let sql = match db.engine() {
        Engine::Sqlite => {
            "SELECT m.name, c.name FROM sqlite_schema m, pragma_table_info(m.name) c
             WHERE m.type = 'table' ORDER BY m.name, c.cid"
        }
        Engine::Postgres => {
            "SELECT c.relname::text, a.attname::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
             WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace
               AND a.attnum > 0 AND NOT a.attisdropped ORDER BY c.relname, a.attnum"
        }
    };
    let mut tables = BTreeMap::<String, Vec<String>>::new();
    for (table, column) in db.all::<(String, String)>(Platform, sql, params![]).await.unwrap() {
        tables.entry(table).or_default().push(column);
    }
    tables
}
