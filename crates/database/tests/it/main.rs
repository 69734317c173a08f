//! The storage layer against real databases. Each `db_test` runs on SQLite and on PostgreSQL.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a panic is how a test reports"
)]

mod concurrency;
mod failures;
mod isolation;
mod migrations;
mod parity;
mod tables;
mod transactions;
mod values;
mod violations;
