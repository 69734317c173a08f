//! A fresh, migrated database for each test, given back afterwards even if the test panics.

mod postgres;
mod sqlite;

use std::{
    future::Future,
    ops::Deref,
    panic::{AssertUnwindSafe, resume_unwind},
};

use database::{Db, Options, migrations};
use futures_util::FutureExt as _;
use sha2::{Digest as _, Sha256};

pub use database::Engine;

/// A database that belongs to one test. Derefs to [`Db`].
pub struct TestDb {
    db: Db,
    url: String,
}

impl TestDb {
    /// The address, for a server or a second handle.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Another handle with connections of its own, as a second process has.
    pub async fn reconnect(&self) -> Db {
        connect(&self.url).await
    }
}

#[cfg(debug_assertions)]
impl TestDb {
    /// The same where a tenant's statements have forgotten their filters by workspace.
    pub async fn unfiltered(&self) -> Db {
        let mut options = Options::new(&self.url);
        options.pool_size = 8;
        options.unfiltered = true;
        Db::connect(&options).await.unwrap_or_else(|error| panic!("{error}"))
    }
}

impl Deref for TestDb {
    type Target = Db;

    fn deref(&self) -> &Db {
        &self.db
    }
}

/// Runs `test` against a database of its own. [`db_test`](crate::db_test) calls this.
pub fn run<R, F: Future<Output = R>>(engine: Engine, test: impl FnOnce(TestDb) -> F) -> R {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime starts");
    runtime.block_on(async {
        let home = match engine {
            Engine::Sqlite => Home::Sqlite(sqlite::create().await),
            Engine::Postgres => Home::Postgres(postgres::lease().await),
        };
        let url = match &home {
            Home::Sqlite(folder) => format!("sqlite:{}", folder.path().join(sqlite::FILE).display()),
            Home::Postgres(lease) => lease.url.clone(),
        };
        let db = connect(&url).await;
        // The home outlives the test, also one that panics.
        let outcome = AssertUnwindSafe(test(TestDb { db, url })).catch_unwind().await;
        drop(home);
        outcome.unwrap_or_else(|panic| resume_unwind(panic))
    })
}

/// Where a test's database lives. A folder removes itself, a lease ends.
enum Home {
    Sqlite(tempfile::TempDir),
    Postgres(postgres::Lease),
}

async fn connect(url: &str) -> Db {
    let mut options = Options::new(url);
    options.pool_size = 8;
    Db::connect(&options).await.unwrap_or_else(|error| panic!("{error}"))
}

/// Names the schema: tests share a template as long as no migration changes.
fn schema_name(engine: Engine) -> String {
    let mut hash = Sha256::new();
    for file in migrations(engine) {
        hash.update(file.checksum());
    }
    let start = hash.finalize().first_chunk().copied().unwrap_or_default();
    format!("{:016x}", u64::from_be_bytes(start))
}
