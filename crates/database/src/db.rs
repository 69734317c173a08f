//! The two handles that stores use: [`Db`] and [`Tx`].

use std::{fmt, sync::Arc};

use crate::{
    Error, FromRow, Options, Scope, Value,
    epochs::Board,
    params,
    postgres::{self, Postgres},
    sqlite::{self, Sqlite},
};

/// Which of the two engines it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// A database. A clone is another handle to the same connections.
#[derive(Clone)]
pub struct Db {
    pub(crate) driver: Arc<Driver>,
    pub(crate) board: Arc<Board>,
}

pub(crate) enum Driver {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

impl fmt::Debug for Db {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Db({:?})", self.engine())
    }
}

impl Db {
    /// Connects, so that a wrong address or a missing server shows at once. Does not migrate.
    pub async fn connect(options: &Options) -> Result<Self, Error> {
        let url = options.url.as_str();
        let driver = if let Some(path) = url.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            Driver::Sqlite(Sqlite::open(path, options).await?)
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Driver::Postgres(Postgres::connect(options).await?)
        } else {
            return Err(Error::Options("it starts with neither sqlite: nor postgres://".to_owned()));
        };
        Ok(Self { driver: Arc::new(driver), board: Arc::default() })
    }

    pub fn engine(&self) -> Engine {
        match *self.driver {
            Driver::Sqlite(_) => Engine::Sqlite,
            Driver::Postgres(_) => Engine::Postgres,
        }
    }

    /// Asks the database for a sign of life.
    pub async fn ping(&self) -> Result<(), Error> {
        self.one::<(i64,)>(Scope::Platform, "SELECT CAST(1 AS BIGINT)", Vec::new()).await?;
        Ok(())
    }

    /// Leaves the database in good order. Other handles to it fail from here on.
    pub async fn close(self) -> Result<(), Error> {
        match &*self.driver {
            Driver::Sqlite(sqlite) => sqlite.close().await,
            Driver::Postgres(postgres) => {
                postgres.close();
                Ok(())
            }
        }
    }

    /// Begins a write transaction. On SQLite it holds the only writer: never call [`Db::begin`] or
    /// [`Db::execute`] while it is open, pass `&mut Tx` down instead.
    pub async fn begin(&self, scope: impl Into<Scope>) -> Result<Tx, Error> {
        self.begin_with(scope.into(), false).await
    }

    /// Like [`Db::begin`], but on PostgreSQL its commit doesn't wait for the disk
    /// (`synchronous_commit = off`): a crash of the database server may lose the last fraction of a
    /// second, never corrupt. For what can be made again, as checkpoints of a running answer.
    pub async fn begin_relaxed(&self, scope: impl Into<Scope>) -> Result<Tx, Error> {
        self.begin_with(scope.into(), true).await
    }

    async fn begin_with(&self, scope: Scope, relaxed: bool) -> Result<Tx, Error> {
        let inner = match &*self.driver {
            Driver::Sqlite(sqlite) => TxInner::Sqlite(sqlite.begin().await?),
            Driver::Postgres(postgres) => TxInner::Postgres(Box::new(postgres.begin(scope, relaxed).await?)),
        };
        Ok(Tx { scope, broken: false, board: Arc::clone(&self.board), afterwards: Vec::new(), inner })
    }

    /// All rows of a read-only query.
    pub async fn all<T: FromRow>(
        &self,
        scope: impl Into<Scope>,
        sql: &'static str,
        params: Vec<Value>,
    ) -> Result<Vec<T>, Error> {
        match &*self.driver {
            Driver::Sqlite(sqlite) => sqlite.all(sql, params).await,
            Driver::Postgres(postgres) => postgres.all(scope.into(), sql, &params).await,
        }
    }

    /// All rows of a read-only query that takes microseconds and is asked all the time: where it
    /// can be, it is read on the spot.
    pub async fn glance<T: FromRow>(
        &self,
        scope: impl Into<Scope>,
        sql: &'static str,
        params: Vec<Value>,
    ) -> Result<Vec<T>, Error> {
        match &*self.driver {
            Driver::Sqlite(sqlite) => sqlite.glance(sql, params).await,
            Driver::Postgres(postgres) => postgres.all(scope.into(), sql, &params).await,
        }
    }

    /// The row of a read-only query, if there is one. Several are an error.
    pub async fn optional<T: FromRow>(
        &self,
        scope: impl Into<Scope>,
        sql: &'static str,
        params: Vec<Value>,
    ) -> Result<Option<T>, Error> {
        at_most_one(self.all(scope, sql, params).await?)
    }

    /// The one row of a read-only query; [`Error::NotFound`] without it.
    pub async fn one<T: FromRow>(
        &self,
        scope: impl Into<Scope>,
        sql: &'static str,
        params: Vec<Value>,
    ) -> Result<T, Error> {
        self.optional(scope, sql, params).await?.ok_or(Error::NotFound)
    }

    /// One write statement in a transaction of its own. Returns how many rows it changed.
    /// A `RETURNING` goes through [`Tx`].
    pub async fn execute(&self, scope: impl Into<Scope>, sql: &'static str, params: Vec<Value>) -> Result<u64, Error> {
        match &*self.driver {
            Driver::Sqlite(sqlite) => sqlite.execute(sql, params).await,
            Driver::Postgres(postgres) => postgres.execute(scope.into(), false, sql, &params).await,
        }
    }

    /// [`Db::execute`] with the durability of [`Db::begin_relaxed`].
    pub async fn execute_relaxed(
        &self,
        scope: impl Into<Scope>,
        sql: &'static str,
        params: Vec<Value>,
    ) -> Result<u64, Error> {
        match &*self.driver {
            Driver::Sqlite(sqlite) => sqlite.execute(sql, params).await,
            Driver::Postgres(postgres) => postgres.execute(scope.into(), true, sql, &params).await,
        }
    }
}

/// A write and what it binds, for [`Tx::execute_batch`].
pub type Statement = (&'static str, Vec<Value>);

/// A write transaction in one [`Scope`]. Dropping it rolls back.
pub struct Tx {
    scope: Scope,
    /// A statement failed or was cancelled: PostgreSQL would refuse the rest, so SQLite does too.
    broken: bool,
    board: Arc<Board>,
    afterwards: Vec<Box<dyn FnOnce() + Send + Sync>>,
    inner: TxInner,
}

enum TxInner {
    Sqlite(sqlite::Tx),
    Postgres(Box<postgres::Tx>),
}

impl Tx {
    pub fn scope(&self) -> Scope {
        self.scope
    }

    /// All rows of a query, or of a write with `RETURNING`.
    pub async fn all<T: FromRow>(&mut self, sql: &'static str, params: Vec<Value>) -> Result<Vec<T>, Error> {
        self.enter()?;
        let rows = match &mut self.inner {
            TxInner::Sqlite(tx) => tx.all(sql, params).await,
            TxInner::Postgres(tx) => tx.all(sql, &params).await,
        };
        self.leave(rows)
    }

    /// The row, if there is one. Several are an error.
    pub async fn optional<T: FromRow>(&mut self, sql: &'static str, params: Vec<Value>) -> Result<Option<T>, Error> {
        at_most_one(self.all(sql, params).await?)
    }

    /// The one row; [`Error::NotFound`] without it (the transaction stays usable).
    pub async fn one<T: FromRow>(&mut self, sql: &'static str, params: Vec<Value>) -> Result<T, Error> {
        self.optional(sql, params).await?.ok_or(Error::NotFound)
    }

    /// A write. Returns how many rows it changed.
    pub async fn execute(&mut self, sql: &'static str, params: Vec<Value>) -> Result<u64, Error> {
        self.enter()?;
        let affected = match &mut self.inner {
            TxInner::Sqlite(tx) => tx.execute(sql, params).await,
            TxInner::Postgres(tx) => tx.execute(sql, &params).await,
        };
        self.leave(affected)
    }

    /// Several writes, one after the other, sent together: one round trip on PostgreSQL, one
    /// hop to the writer's thread on SQLite. Returns how many rows each changed. The first
    /// failure is the batch's; nothing after it is done.
    pub async fn execute_batch(&mut self, statements: Vec<Statement>) -> Result<Vec<u64>, Error> {
        self.enter()?;
        let affected = match &mut self.inner {
            TxInner::Sqlite(tx) => tx.execute_batch(statements).await,
            TxInner::Postgres(tx) => tx.execute_batch(&statements).await,
        };
        self.leave(affected)
    }

    /// [`Tx::execute_batch`], and [`Tx::commit`] at once if the counts are `fine`: one way to the
    /// database less. If they aren't, the transaction goes on with whoever gets it back.
    pub async fn finish_batch(
        mut self,
        statements: Vec<Statement>,
        fine: impl FnOnce(&[u64]) -> bool + Send + 'static,
    ) -> Result<(Vec<u64>, Option<Self>), Error> {
        self.enter()?;
        let finished = match &mut self.inner {
            TxInner::Sqlite(tx) => tx.finish_batch(statements, fine).await,
            TxInner::Postgres(tx) => tx.finish_batch(&statements, fine).await,
        };
        let (counts, committed) = self.leave(finished)?;
        if !committed {
            return Ok((counts, Some(self)));
        }
        self.afterwards.into_iter().for_each(|act| act());
        Ok((counts, None))
    }

    /// Makes the work last. Fails with [`Error::Aborted`], and rolls back, after an earlier error.
    pub async fn commit(self) -> Result<(), Error> {
        if self.broken {
            return Err(Error::Aborted);
        }
        match self.inner {
            TxInner::Sqlite(tx) => tx.commit().await?,
            TxInner::Postgres(tx) => tx.commit().await?,
        }
        self.afterwards.into_iter().for_each(|act| act());
        Ok(())
    }

    /// Has `act` done once the transaction is committed, and never if it isn't: to wake a task that
    /// waits for the rows. It must be quick, and what depends on it must also come about without it,
    /// as the process may end in between.
    pub fn on_commit(&mut self, act: impl FnOnce() + Send + Sync + 'static) {
        self.afterwards.push(Box::new(act));
    }

    /// Moves the number of a kind of thing, when the transaction commits: [`Epochs::bump`](crate::Epochs::bump) for stores,
    /// which have no handle to it.
    pub async fn bump(&mut self, epoch: &'static str) -> Result<(), Error> {
        self.execute(
            "INSERT INTO epochs (name, value) VALUES ($1, 1)
             ON CONFLICT (name) DO UPDATE SET value = epochs.value + 1",
            params![epoch],
        )
        .await?;
        let board = Arc::clone(&self.board);
        self.on_commit(move || board.note_own_change());
        Ok(())
    }

    /// Undoes the work, and waits until it is undone. Dropping does the same without waiting.
    pub async fn rollback(self) -> Result<(), Error> {
        match self.inner {
            TxInner::Sqlite(tx) => tx.rollback().await,
            TxInner::Postgres(tx) => tx.rollback().await,
        }
    }

    /// Marks the transaction as broken until the statement is known to have worked.
    fn enter(&mut self) -> Result<(), Error> {
        if std::mem::replace(&mut self.broken, true) { Err(Error::Aborted) } else { Ok(()) }
    }

    fn leave<R>(&mut self, result: Result<R, Error>) -> Result<R, Error> {
        self.broken = result.is_err();
        result
    }
}

fn at_most_one<T>(mut rows: Vec<T>) -> Result<Option<T>, Error> {
    let first = rows.pop();
    if rows.is_empty() { Ok(first) } else { Err(Error::TooManyRows) }
}
