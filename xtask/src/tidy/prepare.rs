//! Every statement of every store is prepared on SQLite and on PostgreSQL, against the
//! migrated schema: a misspelt column or a dialect slip fails here and not at night.
//!
//! A file `store/sqlite.rs` or `store/postgres.rs` holds what is written for one engine
//! and is prepared on that one alone. `PARLANCE_TEST_POSTGRES_URL` says which server to
//! use. Without a server the PostgreSQL half is skipped with a warning, but never in CI.

use std::{collections::HashMap, path::Path};

use anyhow::Context as _;
use tokio_postgres::NoTls;

use super::{
    Finding,
    house::{House, has_extension},
    migrations,
    statements::{self, Fragments, Statement},
};

const DEFAULT_URL: &str = "postgres://postgres@127.0.0.1:5432/postgres";

pub struct Prepared {
    pub statements: usize,
    pub engines: &'static str,
    pub findings: Vec<Finding>,
}

/// A statement and the file it stands in.
struct Located<'a> {
    path: &'a str,
    statement: Statement,
}

/// Prepares the statements of `house` on both engines.
#[allow(clippy::disallowed_methods, reason = "a chore is configured by its environment")]
pub fn check(house: &House) -> anyhow::Result<Prepared> {
    let all = collect(house);
    let mut findings = on_sqlite(house, &all)?;
    let url = std::env::var("PARLANCE_TEST_POSTGRES_URL").unwrap_or_else(|_| DEFAULT_URL.into());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut engines = "SQLite and PostgreSQL";
    match runtime.block_on(on_postgres(house, &all, &url)) {
        Ok(found) => findings.extend(found),
        Err(error) if std::env::var_os("CI").is_none() => {
            engines = "SQLite alone";
            let message = format!("not prepared on PostgreSQL: {error:#}");
            findings.push(Finding::questioned(migrations::POSTGRES, 0, message));
        }
        Err(error) => return Err(error),
    }
    Ok(Prepared { statements: all.len(), engines, findings })
}

/// All statements of all stores.
fn collect(house: &House) -> Vec<Located<'_>> {
    let stores: Vec<_> = house.sources().iter().filter(|source| source.is_product() && source.is_store()).collect();
    // A store of several files shares its fragments.
    let mut fragments: HashMap<&str, Fragments> = HashMap::new();
    for source in &stores {
        fragments.entry(krate(&source.path)).or_default().extend(statements::fragments(source));
    }
    stores
        .iter()
        .flat_map(|source| {
            let known = &fragments[krate(&source.path)];
            statements::find(source, known).into_iter().map(|statement| Located { path: &source.path, statement })
        })
        .collect()
}

/// `crates/chat/src/store.rs` → `crates/chat`.
fn krate(path: &str) -> &str {
    path.split_once("/src/").map_or(path, |(krate, _)| krate)
}

/// The migrations in `folder`, in order.
fn schema<'a>(house: &'a House, folder: &str) -> Vec<(&'a str, &'a str)> {
    house.texts().filter(|(path, _)| path.starts_with(folder) && has_extension(path, "sql")).collect()
}

fn is_only_for(path: &str, engine: &str) -> bool {
    Path::new(path).file_stem().is_some_and(|stem| stem == engine)
}

fn on_sqlite(house: &House, all: &[Located<'_>]) -> anyhow::Result<Vec<Finding>> {
    let connection = rusqlite::Connection::open_in_memory()?;
    for (path, sql) in schema(house, migrations::SQLITE) {
        if let Err(error) = connection.execute_batch(sql) {
            return Ok(vec![Finding::refused(path, 0, error.to_string())]);
        }
    }
    Ok(all
        .iter()
        .filter(|located| !is_only_for(located.path, "postgres"))
        .filter_map(|located| {
            let error = connection.prepare(&located.statement.sql).err()?;
            Some(finding(located, "SQLite", &error.to_string()))
        })
        .collect())
}

async fn on_postgres(house: &House, all: &[Located<'_>], url: &str) -> anyhow::Result<Vec<Finding>> {
    let server = Session::open(url, None).await?;
    let name = format!("parlance_tidy_{}", std::process::id());
    server
        .client
        .batch_execute(&format!("CREATE DATABASE {name}"))
        .await
        .context("creating a database to prepare statements on")?;
    let found = match Session::open(url, Some(&name)).await {
        Ok(session) => prepare_all(house, all, session).await,
        Err(error) => Err(error),
    };
    server.client.batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)")).await?;
    found
}

async fn prepare_all(house: &House, all: &[Located<'_>], session: Session) -> anyhow::Result<Vec<Finding>> {
    for (path, sql) in schema(house, migrations::POSTGRES) {
        if let Err(error) = session.client.batch_execute(sql).await {
            return Ok(vec![Finding::refused(path, 0, reason(&error))]);
        }
    }
    let mut findings = Vec::new();
    for located in all {
        if is_only_for(located.path, "sqlite") {
            continue;
        }
        if let Err(error) = session.client.prepare(&located.statement.sql).await {
            findings.push(finding(located, "PostgreSQL", &reason(&error)));
        }
    }
    Ok(findings)
}

/// A connection and the task that drives it.
struct Session {
    client: tokio_postgres::Client,
}

impl Session {
    #[allow(clippy::disallowed_methods, reason = "the runtime, and with it this task, ends with the chore")]
    async fn open(url: &str, database: Option<&str>) -> anyhow::Result<Self> {
        let mut config: tokio_postgres::Config = url.parse()?;
        config.connect_timeout(std::time::Duration::from_secs(3));
        if let Some(database) = database {
            config.dbname(database);
        }
        let (client, connection) = config.connect(NoTls).await.with_context(|| format!("connecting to {url}"))?;
        tokio::spawn(async move {
            // A broken connection shows in the client's next call.
            let _ = connection.await;
        });
        Ok(Self { client })
    }
}

fn finding(located: &Located<'_>, engine: &str, error: &str) -> Finding {
    let message = format!("{engine} can't prepare this: {error}");
    Finding::refused(located.path, located.statement.line, message)
}

/// What the server said, without the driver's preamble.
fn reason(error: &tokio_postgres::Error) -> String {
    error.as_db_error().map_or_else(|| error.to_string(), |error| error.message().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEMA: &str = "CREATE TABLE users (id BIGINT NOT NULL, name TEXT NOT NULL);";

    fn house(store: &str) -> House {
        House::of(&[
            ("migrations/sqlite/0001_users.sql", SCHEMA),
            ("migrations/postgres/0001_users.sql", SCHEMA),
            ("crates/identity/src/store/users.rs", store),
            ("crates/identity/src/store/mod.rs", "macro_rules! columns { () => { \"id, name\" }; }"),
            (
                "crates/identity/src/store/postgres.rs",
                "const A: &str = \"SELECT id FROM users FOR UPDATE SKIP LOCKED\";",
            ),
            ("crates/identity/src/store/sqlite.rs", "const A: &str = \"SELECT rowid FROM users\";"),
        ])
    }

    #[test]
    fn refuses_what_an_engine_cannot_prepare() {
        let house = house(
            "const A: &str = \"SELECT id, nmae FROM users\";\n\
             const B: &str = concat!(\"SELECT \", columns!(), \" FROM users WHERE id = $1\");\n\
             const C: &str = \"SELECT id FROM users LIMIT 1, 2\";",
        );
        let prepared = check(&house).unwrap();
        assert_eq!(prepared.statements, 5);
        let on = |engine: &str| {
            prepared
                .findings
                .iter()
                .filter(|finding| finding.message.starts_with(engine))
                .map(|finding| finding.line)
                .collect::<Vec<_>>()
        };
        assert_eq!(on("SQLite"), [1]);
        if prepared.engines == "SQLite and PostgreSQL" {
            assert_eq!(on("PostgreSQL"), [1, 3]);
        }
    }

    #[test]
    fn refuses_a_migration_that_does_not_run() {
        let house = House::of(&[("migrations/sqlite/0001_a.sql", "CREATE TABEL a (b TEXT)")]);
        let found = on_sqlite(&house, &[]).unwrap();
        assert_eq!(found[0].path, "migrations/sqlite/0001_a.sql");
    }
}
