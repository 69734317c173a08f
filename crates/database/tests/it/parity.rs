//! The two schemas are one: the same tables, columns, keys and indexes on both engines; and every
//! table of tenants has its policy on PostgreSQL.

use std::collections::BTreeSet;

use database::Engine;
use rusqlite::Connection;
use testkit::{TestDb, db::run};
use tokio_postgres::Client;

use crate::superuser;

/// Sentences such as `users.id: bytes, not null`, which both engines must tell alike.
type Facts = BTreeSet<String>;

#[test]
fn the_schemas_are_equal() {
    let sqlite = run(Engine::Sqlite, async |db: TestDb| {
        let connection = Connection::open(db.url().strip_prefix("sqlite:").unwrap()).unwrap();
        sqlite_facts(&connection).unwrap()
    });
    let postgres = run(Engine::Postgres, async |db: TestDb| postgres_facts(&superuser(&db).await).await);
    let only = |here: &Facts, there: &Facts| here.difference(there).cloned().collect::<Vec<_>>().join("\n  ");
    assert!(
        sqlite == postgres,
        "the schemas differ.\nonly on SQLite:\n  {}\nonly on PostgreSQL:\n  {}",
        only(&sqlite, &postgres),
        only(&postgres, &sqlite),
    );
    assert!(sqlite.contains("idempotency_keys.workspace_id: bytes, not null"), "{sqlite:#?}");
    assert!(sqlite.contains("idempotency_keys: key workspace_id, user_id, key"), "{sqlite:#?}");
}

/// What the engines' types have in common. UUIDs are blobs on SQLite, JSON is text.
fn class(declared: &str) -> &'static str {
    match declared.to_ascii_uppercase().as_str() {
        "BLOB" | "BYTEA" | "UUID" => "bytes",
        "BIGINT" | "INTEGER" | "SMALLINT" => "integer",
        "BOOLEAN" => "boolean",
        "DOUBLE" | "DOUBLE PRECISION" => "float",
        "TEXT" | "JSONB" => "text",
        other => panic!("{other} is not one of the portable types"),
    }
}

/// An expression without what the engines add or take away when they show it.
fn bare(expression: &str) -> String {
    let lower = expression.to_lowercase().replace("::text", "");
    lower.chars().filter(|it| !it.is_whitespace() && !matches!(it, '(' | ')' | '"')).collect()
}

fn index_fact(table: &str, name: &str, unique: bool, columns: &[String], predicate: Option<&str>) -> String {
    let kind = if unique { "unique index" } else { "index" };
    let condition = predicate.map(|text| format!(" where {}", bare(text))).unwrap_or_default();
    format!("{table}: {kind} {name} on {}{condition}", columns.join(", "))
}

fn sqlite_facts(connection: &Connection) -> rusqlite::Result<Facts> {
    let mut facts = Facts::new();
    let list = |sql: &str, of: &str| -> rusqlite::Result<Vec<Vec<rusqlite::types::Value>>> {
        let mut statement = connection.prepare(sql)?;
        let width = statement.column_count();
        let rows = statement.query_map([of], |row| (0..width).map(|at| row.get(at)).collect())?;
        rows.collect()
    };
    let text = |value: &rusqlite::types::Value| match value {
        rusqlite::types::Value::Text(text) => text.clone(),
        rusqlite::types::Value::Integer(number) => number.to_string(),
        other => panic!("{other:?}"),
    };
    let tables = list("SELECT name FROM sqlite_schema WHERE type = $1 AND name NOT LIKE 'sqlite_%'", "table")?;
    for table in tables.iter().map(|row| text(&row[0])) {
        let mut key = Vec::new();
        for row in list("SELECT name, type, \"notnull\", pk FROM pragma_table_info($1) ORDER BY pk", &table)? {
            let [name, declared, not_null, place] = [0, 1, 2, 3].map(|at| text(&row[at]));
            let null = if not_null == "1" { "not null" } else { "null" };
            facts.insert(format!("{table}.{name}: {}, {null}", class(&declared)));
            if place != "0" {
                key.push(name);
            }
        }
        facts.insert(format!("{table}: key {}", key.join(", ")));
        let indexes = "SELECT name, \"unique\", origin FROM pragma_index_list($1) WHERE origin <> 'pk'";
        for row in list(indexes, &table)? {
            let (name, unique, origin) = (text(&row[0]), text(&row[1]) == "1", text(&row[2]));
            let definition = match &list("SELECT sql FROM sqlite_schema WHERE name = $1", &name)?[0][0] {
                rusqlite::types::Value::Text(sql) => Some(sql.replace('\n', " ")),
                _ => None,
            };
            let columns: Vec<_> =
                list("SELECT name, \"desc\" FROM pragma_index_xinfo($1) WHERE key ORDER BY seqno", &name)?
                    .iter()
                    .map(|row| {
                        let column = match &row[0] {
                            rusqlite::types::Value::Text(name) => name.clone(),
                            _ => "expression".to_owned(),
                        };
                        if text(&row[1]) == "1" { format!("{column} desc") } else { column }
                    })
                    .collect();
            if origin == "u" {
                facts.insert(format!("{table}: unique {}", columns.join(", ")));
            } else {
                let predicate = definition.as_deref().and_then(|sql| sql.split_once(" WHERE ")).map(|(_, it)| it);
                facts.insert(index_fact(&table, &name, unique, &columns, predicate));
            }
        }
        let foreign = "SELECT group_concat(\"from\", ', '), \"table\", on_delete FROM (
                           SELECT * FROM pragma_foreign_key_list($1) ORDER BY id, seq) GROUP BY id";
        for row in list(foreign, &table)? {
            let (from, to, action) = (text(&row[0]), text(&row[1]), text(&row[2]).to_lowercase());
            facts.insert(format!("{table}: {from} references {to}, on delete {action}"));
        }
    }
    Ok(facts)
}

async fn postgres_facts(client: &Client) -> Facts {
    let mut facts = Facts::new();
    let columns = "SELECT c.relname, a.attname, format_type(a.atttypid, NULL), a.attnotnull
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace";
    for row in client.query(columns, &[]).await.unwrap() {
        let (table, column, declared): (String, String, String) = (row.get(0), row.get(1), row.get(2));
        let null = if row.get(3) { "not null" } else { "null" };
        facts.insert(format!("{table}.{column}: {}, {null}", class(&declared)));
    }
    let indexes = "SELECT t.relname, i.relname, x.indisunique, k.contype::text, pg_get_expr(x.indpred, x.indrelid),
            ARRAY(SELECT coalesce(a.attname::text, 'expression')
                    || CASE WHEN x.indoption[n - 1] & 1 = 1 THEN ' desc' ELSE '' END
                FROM generate_series(1, x.indnkeyatts) n
                LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = x.indkey[n - 1] AND a.attnum > 0
                ORDER BY n)
        FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
        LEFT JOIN pg_constraint k ON k.conindid = i.oid AND k.contype IN ('p', 'u')
        WHERE t.relnamespace = 'public'::regnamespace";
    for row in client.query(indexes, &[]).await.unwrap() {
        let (table, name, unique): (String, String, bool) = (row.get(0), row.get(1), row.get(2));
        let columns: Vec<String> = row.get(5);
        facts.insert(match row.get::<_, Option<&str>>(3) {
            Some("p") => format!("{table}: key {}", columns.join(", ")),
            Some(_) => format!("{table}: unique {}", columns.join(", ")),
            None => index_fact(&table, &name, unique, &columns, row.get(4)),
        });
    }
    let foreign = "SELECT t.relname, f.relname,
            CASE k.confdeltype WHEN 'a' THEN 'no action' WHEN 'r' THEN 'restrict' WHEN 'c' THEN 'cascade'
                WHEN 'n' THEN 'set null' ELSE 'set default' END,
            ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY u(number, place)
                JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = u.number ORDER BY u.place)
        FROM pg_constraint k JOIN pg_class t ON t.oid = k.conrelid JOIN pg_class f ON f.oid = k.confrelid
        WHERE k.contype = 'f'";
    for row in client.query(foreign, &[]).await.unwrap() {
        let (table, to, action): (String, String, String) = (row.get(0), row.get(1), row.get(2));
        let from: Vec<String> = row.get(3);
        facts.insert(format!("{table}: {} references {to}, on delete {action}", from.join(", ")));
    }
    facts
}

#[test]
fn every_tenant_table_has_one_policy_that_binds_everybody() {
    run(Engine::Postgres, async |db: TestDb| {
        let tables = "SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity,
                ARRAY(SELECT CASE WHEN polcmd = '*' AND polroles = '{0}' AND polpermissive AND polwithcheck IS NULL
                    THEN pg_get_expr(polqual, polrelid) ELSE polname::text END
                    FROM pg_policy WHERE polrelid = c.oid)
            FROM pg_class c
            WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
              AND (c.relname = 'workspaces' OR EXISTS (
                  SELECT FROM pg_attribute WHERE attrelid = c.oid AND attname = 'workspace_id'))";
        let rows = superuser(&db).await.query(tables, &[]).await.unwrap();
        let mut names = Vec::new();
        for row in rows {
            let (table, forced, policies): (String, bool, Vec<String>) = (row.get(0), row.get(1), row.get(2));
            assert!(forced, "{table} has no forced row-level security");
            let id = if table == "workspaces" { "id" } else { "workspace_id" };
            let setting = "current_setting('parlance.workspace', true)";
            let expected = format!("{setting} = 'platform' OR {setting} = {id}");
            let policies: Vec<_> = policies.iter().map(|policy| bare(policy)).collect();
            assert_eq!(policies, [bare(&expected)], "{table}");
            names.push(table);
        }
        assert!(names.contains(&"idempotency_keys".to_owned()), "{names:?}");
    });
}
