//! How to reach a database and how much of it to use.

use std::{fmt, time::Duration};

/// When SQLite waits for the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Synchronous {
    /// At checkpoints. A crash of the program loses nothing; a power cut may lose the last commits.
    #[default]
    Normal,
    /// At each commit.
    Full,
}

/// Where the database is and how it is used.
#[derive(Clone)]
pub struct Options {
    /// `sqlite:PATH` or `postgres://user:password@host:port/database?sslmode=…`.
    pub url: String,
    /// Reading threads of SQLite.
    pub readers: usize,
    /// Connections to PostgreSQL, at the most.
    pub pool_size: usize,
    /// SQLite's durability. PostgreSQL has its own setting.
    pub synchronous: Synchronous,
    /// How long to wait for a connection, or for SQLite's writer.
    pub patience: Duration,
    /// For tests: forgets, on PostgreSQL, the filters by which a tenant's statements find its rows. No release can.
    #[cfg(debug_assertions)]
    pub unfiltered: bool,
}

impl Options {
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            readers: 4,
            pool_size: 16,
            synchronous: Synchronous::default(),
            patience: Duration::from_secs(10),
            #[cfg(debug_assertions)]
            unfiltered: false,
        }
    }
}

impl fmt::Debug for Options {
    /// Without the address: it may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("readers", &self.readers)
            .field("pool_size", &self.pool_size)
            .field("synchronous", &self.synchronous)
            .field("patience", &self.patience)
            .finish_non_exhaustive()
    }
}
