//! The schema's history: numbered files, embedded at compile time, applied in order, each in one
//! transaction, with a checksum each. The engines have twin files with equal names.
//!
//! Deliberately absent: going back. A migration only expands; a backup goes back.

use sha2::{Digest as _, Sha256};

use crate::{Db, Engine, Error, db::Driver};

include!(concat!(env!("OUT_DIR"), "/migrations.rs"));

/// One step of the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Migration {
    pub version: i64,
    pub name: &'static str,
    pub sql: &'static str,
}

impl Migration {
    /// SHA-256 of the text, in hexadecimal.
    pub fn checksum(&self) -> String {
        use std::fmt::Write as _;
        Sha256::digest(self.sql).iter().fold(String::with_capacity(64), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }

    fn error(&self, message: impl Into<String>) -> Error {
        Error::Migration { version: self.version, name: self.name.to_owned(), message: message.into() }
    }
}

/// What this program carries for an engine, in order.
pub const fn migrations(engine: Engine) -> &'static [Migration] {
    match engine {
        Engine::Sqlite => SQLITE,
        Engine::Postgres => POSTGRES,
    }
}

/// How the database's schema relates to this program's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SchemaState {
    Current,
    /// So many migrations are still to be applied.
    Pending(usize),
    /// The database was migrated by a newer program.
    Newer {
        found: i64,
        known: i64,
    },
}

/// A row of `schema_migrations`.
pub(crate) struct Applied {
    pub version: i64,
    pub name: String,
    pub checksum: String,
}

/// The table of what was applied; the same text on both engines.
pub(crate) const TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_migrations (
    version BIGINT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    checksum TEXT NOT NULL
)";
pub(crate) const LIST: &str = "SELECT version, name, checksum FROM schema_migrations ORDER BY version";
pub(crate) const RECORD: &str = "INSERT INTO schema_migrations (version, name, checksum) VALUES ($1, $2, $3)";

/// What is left to apply, after checking that files and history agree.
pub(crate) fn pending<'a>(files: &'a [Migration], applied: &[Applied]) -> Result<Vec<&'a Migration>, Error> {
    let known = files.last().map_or(0, |file| file.version);
    let found = applied.last().map_or(0, |row| row.version);
    if found > known {
        return Err(Error::NewerSchema { found, known });
    }
    for row in applied {
        let Some(file) = files.iter().find(|file| file.version == row.version) else {
            return Err(Error::Migration {
                version: row.version,
                name: row.name.clone(),
                message: "was applied to this database, but this program does not have it".to_owned(),
            });
        };
        if file.checksum() != row.checksum {
            return Err(file.error("its text changed after it was applied to this database"));
        }
    }
    let left: Vec<_> = files.iter().filter(|file| applied.iter().all(|row| row.version != file.version)).collect();
    if let Some(late) = left.iter().find(|file| file.version < found) {
        return Err(late.error(format!("comes after {found:04} was already applied; give it a later number")));
    }
    Ok(left)
}

impl Db {
    /// Applies what is pending and returns it. Several nodes may call this at once.
    pub async fn migrate(&self) -> Result<Vec<&'static Migration>, Error> {
        self.migrate_to(migrations(self.engine())).await
    }

    /// Applies the given files instead of the embedded ones, for tests of the runner.
    pub async fn migrate_to(&self, files: &'static [Migration]) -> Result<Vec<&'static Migration>, Error> {
        match &*self.driver {
            Driver::Sqlite(sqlite) => sqlite.migrate(files).await,
            Driver::Postgres(postgres) => postgres.migrate(files).await,
        }
    }

    /// Compares the schema with this program's, changing nothing.
    pub async fn schema_state(&self) -> Result<SchemaState, Error> {
        let files = migrations(self.engine());
        let applied = match &*self.driver {
            Driver::Sqlite(sqlite) => sqlite.applied().await?,
            Driver::Postgres(postgres) => postgres.applied().await?,
        };
        match pending(files, &applied) {
            Ok(left) if left.is_empty() => Ok(SchemaState::Current),
            Ok(left) => Ok(SchemaState::Pending(left.len())),
            Err(Error::NewerSchema { found, known }) => Ok(SchemaState::Newer { found, known }),
            Err(error) => Err(error),
        }
    }
}

/// Names the file in an error of applying it.
pub(crate) fn failed(file: &Migration, error: &Error) -> Error {
    file.error(error.to_string())
}
