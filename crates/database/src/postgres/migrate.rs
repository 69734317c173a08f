//! Applying migrations on PostgreSQL, under the login's own role, one node at a time.

use tokio_postgres::Client;

use super::Postgres;
use crate::{
    Error, Migration,
    migrate::{Applied, LIST, RECORD, TABLE, failed, pending},
};

/// The key of the advisory lock that migrating nodes wait for ("parlance" in ASCII).
const LOCK: i64 = 0x7061_726c_616e_6365;

/// Whether the role may read every table, as after [`grant`].
const GRANTED: &str = "SELECT NOT EXISTS (
    SELECT FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
    AND NOT has_table_privilege($1, oid, 'SELECT'))";

impl Postgres {
    pub async fn migrate(&self, files: &'static [Migration]) -> Result<Vec<&'static Migration>, Error> {
        let client = self.shared.dial().await?;
        let translate = |error| self.shared.translate(&error);
        // Nearly every start finds nothing to do, and then waits for nobody.
        if pending(files, &history(&client).await.map_err(translate)?)?.is_empty()
            && self.is_granted(&client).await.map_err(translate)?
        {
            return Ok(Vec::new());
        }
        // The lock belongs to this connection and goes with it, whatever happens.
        client.execute("SELECT pg_advisory_lock($1)", &[&LOCK]).await.map_err(translate)?;
        client.batch_execute(TABLE).await.map_err(translate)?;
        let left = pending(files, &history(&client).await.map_err(translate)?)?;
        for file in &left {
            apply(&client, file).await.map_err(|error| failed(file, &self.shared.translate(&error)))?;
        }
        if let Some(role) = self.shared.role {
            grant(&client, role).await.map_err(translate)?;
        }
        self.shared.learn_unique_indexes().await?;
        Ok(left)
    }

    pub async fn applied(&self) -> Result<Vec<Applied>, Error> {
        let client = self.shared.dial().await?;
        history(&client).await.map_err(|error| self.shared.translate(&error))
    }

    async fn is_granted(&self, client: &Client) -> Result<bool, tokio_postgres::Error> {
        match self.shared.role {
            Some(role) => client.query_one(GRANTED, &[&role]).await?.try_get(0),
            None => Ok(true),
        }
    }
}

/// Lets the role that statements run under use the tables, but not rewrite their history.
async fn grant(client: &Client, role: &str) -> Result<(), tokio_postgres::Error> {
    let sql = format!(
        "GRANT USAGE ON SCHEMA public TO {role};
         GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role};
         GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role};
         REVOKE INSERT, UPDATE, DELETE ON schema_migrations FROM {role};"
    );
    client.batch_execute(&sql).await
}

/// What was applied; nothing if the table is not there yet.
async fn history(client: &Client) -> Result<Vec<Applied>, tokio_postgres::Error> {
    let exists = "SELECT to_regclass('schema_migrations') IS NOT NULL";
    if client.query_one(exists, &[]).await?.try_get(0)? { list(client).await } else { Ok(Vec::new()) }
}

async fn list(client: &Client) -> Result<Vec<Applied>, tokio_postgres::Error> {
    let rows = client.query(LIST, &[]).await?;
    let read = |row: &tokio_postgres::Row| {
        Ok(Applied { version: row.try_get(0)?, name: row.try_get(1)?, checksum: row.try_get(2)? })
    };
    rows.iter().map(read).collect()
}

async fn apply(client: &Client, file: &Migration) -> Result<(), tokio_postgres::Error> {
    // A migration may move rows of every workspace, and policies bind owners too.
    client.batch_execute("BEGIN; SET LOCAL parlance.workspace = 'platform'").await?;
    let work = async {
        client.batch_execute(file.sql).await?;
        client.execute(RECORD, &[&file.version, &file.name, &file.checksum()]).await?;
        client.batch_execute("COMMIT").await
    };
    let done = work.await;
    if done.is_err() {
        client.batch_execute("ROLLBACK").await?;
    }
    done
}
