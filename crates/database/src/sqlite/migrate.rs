//! Applying migrations on SQLite.

use rusqlite::Connection;

use super::{Sqlite, roll_back, translate};
use crate::{
    Error, Migration,
    migrate::{Applied, LIST, RECORD, TABLE, failed, pending},
};

impl Sqlite {
    pub async fn migrate(&self, files: &'static [Migration]) -> Result<Vec<&'static Migration>, Error> {
        self.on_writer(|connection| {
            connection.execute_batch(TABLE).map_err(translate)?;
            let mut done = Vec::new();
            for file in pending(files, &list(connection)?)? {
                let applied = apply(connection, file).map_err(|error| failed(file, &translate(error)));
                roll_back(connection);
                if applied? {
                    done.push(file);
                }
            }
            Ok(done)
        })
        .await
    }

    pub async fn applied(&self) -> Result<Vec<Applied>, Error> {
        self.on_reader(|connection| {
            let exists = connection.table_exists(None, "schema_migrations").map_err(translate)?;
            if exists { list(connection) } else { Ok(Vec::new()) }
        })
        .await
    }
}

fn list(connection: &Connection) -> Result<Vec<Applied>, Error> {
    let read = || -> rusqlite::Result<Vec<Applied>> {
        let mut statement = connection.prepare(LIST)?;
        let rows = statement
            .query_map([], |row| Ok(Applied { version: row.get(0)?, name: row.get(1)?, checksum: row.get(2)? }))?;
        rows.collect::<Result<_, _>>()
    };
    read().map_err(translate)
}

/// Whether it was left to us: another process may have been quicker since we looked.
/// A transaction that stays open is the caller's to roll back.
fn apply(connection: &Connection, file: &Migration) -> rusqlite::Result<bool> {
    connection.execute_batch("BEGIN IMMEDIATE")?;
    let sql = "SELECT EXISTS (SELECT 1 FROM schema_migrations WHERE version = $1)";
    if connection.query_row(sql, [file.version], |row| row.get(0))? {
        return Ok(false);
    }
    connection.execute_batch(file.sql)?;
    connection.execute(RECORD, (file.version, file.name, file.checksum()))?;
    connection.execute_batch("COMMIT")?;
    Ok(true)
}
