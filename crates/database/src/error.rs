//! What can go wrong between a store and its rows, the same on both engines.

/// A failed statement, transaction, connection or migration.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// `one` found no row.
    #[error("no row was found")]
    NotFound,
    /// `one` or `optional` found several rows.
    #[error("one row was expected, several were found")]
    TooManyRows,
    /// `constraint` is `table.column, table.column`, or the index's name where an expression is unique.
    #[error("already taken: {constraint}")]
    UniqueViolation { constraint: String },
    #[error("a referenced row does not exist, or is still referenced")]
    ForeignKeyViolation,
    /// A CHECK or NOT NULL, or a row-level security policy, refused the row.
    #[error("the row breaks a rule of its table: {rule}")]
    RuleViolation { rule: String },
    /// Another transaction was in the way (deadlock, serialisation); the same work may succeed again.
    #[error("another transaction was in the way: {0}")]
    Conflict(String),
    /// The transaction met an error (or a cancelled statement) before, and can only be rolled back.
    #[error("the transaction failed earlier and can only be rolled back")]
    Aborted,
    /// The database can't be reached, is starting, full, or too busy. Never holds a password.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// The address or another option makes no sense.
    #[error("the database address is not valid: {0}")]
    Options(String),
    #[error("column {column}: {message}")]
    Decode { column: String, message: String },
    #[error("parameter: {0}")]
    Encode(String),
    /// The database was migrated by a newer version of the program.
    #[error(
        "the database is from a newer version (schema {found}, this version knows {known}); \
         run that version, or restore a backup"
    )]
    NewerSchema { found: i64, known: i64 },
    /// The files of the program and the history in the database don't fit each other.
    #[error("migration {version:04}_{name}: {message}")]
    Migration { version: i64, name: String, message: String },
    #[error("the database refused the statement: {0}")]
    Other(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    pub fn is_unique_violation(&self) -> bool {
        matches!(self, Self::UniqueViolation { .. })
    }

    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::NotFound)
    }

    pub(crate) fn other(message: impl Into<String>) -> Self {
        Self::Other(message.into().into())
    }
}
