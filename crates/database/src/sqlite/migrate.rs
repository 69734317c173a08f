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
            let left = pending(files, &list(connection)?)?;
            for file in &left {
                apply(connection, file).map_err(|error| {
                    roll_back(connection);
                    failed(file, &translate(error))
                })?;
            }
            Ok(left)
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
        let rows = statement.query_map([], |row| Ok(Applied { version: row.get(0)?, checksum: row.get(1)? }))?;
        rows.collect::<Result<_, _>>()
    };
    read().map_err(translate)
}

fn apply(connection: &Connection, file: &Migration) -> rusqlite::Result<()> {
    connection.execute_batch("BEGIN IMMEDIATE")?;
    connection.execute_batch(file.sql)?;
    connection.execute(RECORD, (file.version, file.name, file.checksum()))?;
    connection.execute_batch("COMMIT")
}
