//! One way to store rows, on two engines: SQLite for one machine, PostgreSQL for many.
//!
//! A thin layer over rusqlite and tokio-postgres: [`Db`] and [`Tx`] take one SQL text for both,
//! with `$1` placeholders, [`Value`]s to bind and [`FromRow`] types to read.
//!
//! Invariants: every statement runs in a [`Scope`], which PostgreSQL's row-level security policies
//! see; every write runs in a transaction, and a transaction that is dropped is rolled back;
//! after an error a transaction can only be rolled back, on both engines.
//!
//! Deliberately absent: domain words, query building, mapping of objects to tables.

mod bell;
mod db;
mod epochs;
mod error;
mod like;
mod migrate;
mod options;
mod postgres;
mod row;
mod scope;
mod sqlite;
mod value;

pub use bell::Bell;
pub use db::{Db, Engine, Statement, Tx};
pub use epochs::{Epochs, RECENT};
pub use error::Error;
pub use like::like_containing;
pub use migrate::{Migration, SchemaState, migrations};
pub use options::{Options, Synchronous};
pub use row::{FromRow, Row};
pub use scope::{Platform, Scope};
pub use value::{Cell, Field, Json, Value};

/// Builds the parameters of a statement: `params![id, name, now]`.
#[macro_export]
macro_rules! params {
    ($($value:expr),* $(,)?) => {
        ::std::vec![$($crate::Value::from($value)),*]
    };
}
