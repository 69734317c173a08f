//! The storage layer against real databases. Each `db_test` runs on SQLite and on PostgreSQL.

#![allow(clippy::disallowed_methods, clippy::panic, clippy::unwrap_used, reason = "a panic is how a test reports")]

mod concurrency;
mod epochs;
mod failures;
mod isolation;
mod migrations;
mod parity;
mod tables;
mod transactions;
mod values;
mod violations;

/// A connection past the layer, as the login that tests use.
async fn superuser(db: &testkit::TestDb) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(db.url(), tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}
