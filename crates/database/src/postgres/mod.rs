//! PostgreSQL: a pool of connections, each with its prepared statements.
//!
//! Invariants: every statement runs in a transaction that first sets `parlance.workspace`, which the
//! row-level security policies read; and under a role that policies bind. `BEGIN`, the statement and
//! `COMMIT` are sent together, so a single scoped statement is one round trip.
//! A dropped transaction sends `ROLLBACK` before its connection can serve anybody else.

mod connect;
mod listen;
mod migrate;
mod tls;
mod types;
#[cfg(debug_assertions)]
mod unfiltered;

use std::{
    collections::HashMap,
    error::Error as _,
    pin::pin,
    sync::{Arc, PoisonError, RwLock},
};

use deadpool_postgres::{HookError, Object, Pool, PoolError};
use futures_util::{FutureExt as _, TryStreamExt as _, future};
use tokio_postgres::{Client, Error as PgError, Row as PgRow, Statement, error::SqlState};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::{Error, FromRow, Row, Scope, Value, row::Source};
pub use types::cell;

pub struct Postgres {
    shared: Arc<Shared>,
}

struct Shared {
    pool: Pool,
    config: tokio_postgres::Config,
    tls: MakeRustlsConnect,
    /// Where the database is, for messages; without user and password.
    place: String,
    /// The role that statements run under, if the login's own would bypass the policies.
    role: Option<&'static str>,
    /// Index name → `table.column, table.column`, as SQLite names a unique constraint.
    unique: RwLock<HashMap<String, String>>,
    #[cfg(debug_assertions)]
    unfiltered: bool,
}

impl Postgres {
    pub fn close(&self) {
        self.shared.pool.close();
    }

    pub async fn begin(&self, scope: Scope, relaxed: bool) -> Result<Tx, Error> {
        Ok(Tx {
            client: self.shared.client().await?,
            shared: self.shared.clone(),
            opening: opening("BEGIN", scope, relaxed),
            begun: false,
        })
    }

    pub async fn all<T: FromRow>(&self, scope: Scope, sql: &'static str, params: &[Value]) -> Result<Vec<T>, Error> {
        let opening = opening("BEGIN READ ONLY", scope, false);
        let answer = match self.single(&opening, sql, params).await {
            // A read can be asked again.
            Err(Failed::Broken(_)) => self.single(&opening, sql, params).await?,
            answer => answer?,
        };
        decode(answer.rows)
    }

    pub async fn execute(
        &self,
        scope: Scope,
        relaxed: bool,
        sql: &'static str,
        params: &[Value],
    ) -> Result<u64, Error> {
        let opening = opening("BEGIN", scope, relaxed);
        Ok(self.single(&opening, sql, params).await?.affected)
    }

    /// A transaction of one statement, in one round trip.
    async fn single(&self, opening: &str, sql: &str, params: &[Value]) -> Result<Answer, Failed> {
        let client = self.shared.client().await?;
        let work = async {
            let statement = client.prepare_cached(&self.shared.text(opening, sql)).await?;
            // The futures are polled in this order, and each sends when it is first polled.
            // If the statement fails, the COMMIT is a ROLLBACK.
            let (opened, answer, closed) = future::join3(
                client.batch_execute(opening),
                fetch(&client, &statement, params),
                client.batch_execute("COMMIT"),
            )
            .await;
            opened?;
            let answer = answer?;
            closed?;
            Ok(answer)
        };
        work.await.map_err(|error| self.shared.failed(&client, &error))
    }
}

/// A write transaction. Its `BEGIN` goes along with its first statement.
pub struct Tx {
    client: Object,
    shared: Arc<Shared>,
    opening: String,
    begun: bool,
}

impl Tx {
    pub async fn all<T: FromRow>(&mut self, sql: &'static str, params: &[Value]) -> Result<Vec<T>, Error> {
        decode(self.run(sql, params).await?.rows)
    }

    pub async fn execute(&mut self, sql: &'static str, params: &[Value]) -> Result<u64, Error> {
        Ok(self.run(sql, params).await?.affected)
    }

    pub async fn execute_batch(&mut self, statements: &[crate::Statement]) -> Result<Vec<u64>, Error> {
        let statements: Vec<_> = statements.iter().map(|(sql, params)| (*sql, params.as_slice())).collect();
        Ok(self.attempt(&statements).await?.into_iter().map(|answer| answer.affected).collect())
    }

    async fn run(&mut self, sql: &str, params: &[Value]) -> Result<Answer, Error> {
        self.attempt(&[(sql, params)]).await?.pop().ok_or(Error::NotFound)
    }

    async fn attempt(&mut self, statements: &[(&str, &[Value])]) -> Result<Vec<Answer>, Error> {
        let first = !self.begun;
        let answers = match self.step(statements).await {
            // Nothing is done yet, so the transaction can begin again on another connection.
            Err(Failed::Broken(_)) if first => {
                self.abandon();
                self.client = self.shared.client().await?;
                self.step(statements).await?
            }
            answers => answers?,
        };
        Ok(answers)
    }

    /// Sends the statements, after the opening if need be, without waiting in between.
    async fn step(&mut self, statements: &[(&str, &[Value])]) -> Result<Vec<Answer>, Failed> {
        let client = &self.client;
        let work = async {
            let mut prepared = Vec::with_capacity(statements.len());
            for (sql, params) in statements {
                prepared.push((client.prepare_cached(&self.shared.text(&self.opening, sql)).await?, *params));
            }
            let opening = if std::mem::replace(&mut self.begun, true) { None } else { Some(self.opening.as_str()) };
            let mut opened = pin!(future::maybe_done(open(client, opening)));
            let mut answers: Vec<_> = prepared
                .iter()
                .map(|(statement, params)| Box::pin(future::maybe_done(fetch(client, statement, params))))
                .collect();
            // Each sends when it is first polled; in this order, therefore.
            let _ = opened.as_mut().now_or_never();
            for answer in &mut answers {
                let _ = answer.as_mut().now_or_never();
            }
            opened.as_mut().await;
            opened.take_output().transpose()?;
            let mut read = Vec::with_capacity(answers.len());
            for mut answer in answers {
                answer.as_mut().await;
                read.extend(answer.as_mut().take_output().transpose()?);
            }
            Ok(read)
        };
        work.await.map_err(|error| self.shared.failed(client, &error))
    }

    /// Queues a ROLLBACK: one poll puts it ahead of whoever gets the connection next.
    /// If the queue is gone, so is the connection, and the server rolls back by itself.
    fn abandon(&mut self) {
        if std::mem::replace(&mut self.begun, false) {
            let _ = self.client.batch_execute("ROLLBACK").now_or_never();
        }
    }

    /// The batch, and the commit if the counts are `fine`. Whether it was committed.
    pub async fn finish_batch(
        &mut self,
        statements: &[crate::Statement],
        fine: impl FnOnce(&[u64]) -> bool,
    ) -> Result<(Vec<u64>, bool), Error> {
        let counts = self.execute_batch(statements).await?;
        let committed = fine(&counts);
        if committed {
            self.end("COMMIT").await?;
        }
        Ok((counts, committed))
    }

    pub async fn commit(mut self) -> Result<(), Error> {
        self.end("COMMIT").await
    }

    pub async fn rollback(mut self) -> Result<(), Error> {
        self.end("ROLLBACK").await
    }

    async fn end(&mut self, sql: &str) -> Result<(), Error> {
        if !std::mem::replace(&mut self.begun, false) {
            return Ok(());
        }
        let ended = self.client.batch_execute(sql).await;
        ended.map_err(|error| self.shared.translate(&error))
    }
}

impl Drop for Tx {
    fn drop(&mut self) {
        self.abandon();
    }
}

/// Why a statement did not work.
enum Failed {
    /// The connection, not the statement: a server that restarted, a statement prepared for a table
    /// that was altered since. Another attempt may work, if asking twice does no harm.
    Broken(Error),
    Refused(Error),
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

impl From<Failed> for Error {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Broken(error) | Failed::Refused(error) => error,
        }
    }
}

struct Answer {
    rows: Vec<PgRow>,
    affected: u64,
}

async fn open(client: &Client, opening: Option<&str>) -> Result<(), PgError> {
    match opening {
        Some(opening) => client.batch_execute(opening).await,
        None => Ok(()),
    }
}

async fn fetch(client: &Client, statement: &Statement, params: &[Value]) -> Result<Answer, PgError> {
    let mut stream = pin!(client.query_raw(statement, params).await?);
    let mut rows = Vec::new();
    while let Some(row) = stream.try_next().await? {
        rows.push(row);
    }
    let affected = stream.rows_affected().unwrap_or(0);
    Ok(Answer { rows, affected })
}

fn decode<T: FromRow>(rows: Vec<PgRow>) -> Result<Vec<T>, Error> {
    rows.iter().map(|row| Row::read(Source::Postgres(row))).collect()
}

/// The statements that open a transaction in its scope.
fn opening(begin: &str, scope: Scope, relaxed: bool) -> String {
    let relax = if relaxed { "; SET LOCAL synchronous_commit = off" } else { "" };
    match scope {
        Scope::Platform => format!("{begin}; SET LOCAL parlance.workspace = 'platform'{relax}"),
        Scope::Tenant(tenant) => {
            let workspace = tenant.workspace().uuid();
            format!("{begin}; SET LOCAL parlance.workspace = '{workspace}'{relax}")
        }
    }
}

impl Shared {
    /// The statement as it is sent, in a transaction that was opened so.
    #[cfg(not(debug_assertions))]
    #[allow(clippy::unused_self, reason = "a debug build asks for more")]
    const fn text<'a>(&self, _opening: &str, sql: &'a str) -> &'a str {
        sql
    }

    /// Likewise. The platform's own statements keep their filters: nothing else bounds them.
    #[cfg(debug_assertions)]
    fn text<'a>(&self, opening: &str, sql: &'a str) -> std::borrow::Cow<'a, str> {
        if self.unfiltered && !opening.contains("'platform'") { unfiltered::forget(sql).into() } else { sql.into() }
    }

    async fn client(&self) -> Result<Object, Error> {
        self.pool.get().await.map_err(|error| match error {
            PoolError::Backend(error) | PoolError::PostCreateHook(HookError::Backend(error)) => {
                self.unavailable(&reason(&error))
            }
            PoolError::Timeout(_) => self.unavailable("no connection became free in time"),
            other => self.unavailable(&other.to_string()),
        })
    }

    fn unavailable(&self, reason: &str) -> Error {
        Error::Unavailable(format!("{}: {reason}", self.place))
    }

    fn failed(&self, client: &Object, error: &PgError) -> Failed {
        let translated = self.translate(error);
        // "cached plan must not change result type": a migration altered a column under a statement.
        if error.code() == Some(&SqlState::FEATURE_NOT_SUPPORTED) {
            client.statement_cache.clear();
            return Failed::Broken(translated);
        }
        let ending = [SqlState::ADMIN_SHUTDOWN, SqlState::CRASH_SHUTDOWN, SqlState::CANNOT_CONNECT_NOW];
        if lost(error) || error.code().is_some_and(|code| ending.contains(code)) {
            return Failed::Broken(translated);
        }
        Failed::Refused(translated)
    }

    fn translate(&self, error: &PgError) -> Error {
        if lost(error) {
            return self.unavailable(&reason(error));
        }
        let Some(db) = error.as_db_error() else {
            return Error::Encode(reason(error));
        };
        let class = db.code().code().get(..2).unwrap_or_default();
        match *db.code() {
            SqlState::UNIQUE_VIOLATION => {
                Error::UniqueViolation { constraint: self.unique_columns(db.constraint().unwrap_or_default()) }
            }
            SqlState::FOREIGN_KEY_VIOLATION => Error::ForeignKeyViolation,
            SqlState::INSUFFICIENT_PRIVILEGE => Error::RuleViolation { rule: db.message().to_owned() },
            SqlState::T_R_SERIALIZATION_FAILURE | SqlState::T_R_DEADLOCK_DETECTED => {
                Error::Conflict(db.message().to_owned())
            }
            // 23: CHECK, NOT NULL, and what triggers raise in their name.
            _ if class == "23" => Error::RuleViolation { rule: db.message().to_owned() },
            // 08 connection, 53 resources, 57 operator intervention, 58 system.
            _ if matches!(class, "08" | "53" | "57" | "58") => self.unavailable(db.message()),
            _ => Error::other(format!("{} ({})", db.message(), db.code().code())),
        }
    }

    fn unique_columns(&self, index: &str) -> String {
        let known = self.unique.read().unwrap_or_else(PoisonError::into_inner);
        known.get(index).cloned().unwrap_or_else(|| index.to_owned())
    }
}

/// Whether the connection itself is gone.
fn lost(error: &PgError) -> bool {
    error.is_closed() || error.source().is_some_and(<dyn std::error::Error>::is::<std::io::Error>)
}

/// The message with its causes; the driver's own says only "error connecting to server".
fn reason(error: &PgError) -> String {
    if let Some(db) = error.as_db_error() {
        return db.message().to_owned();
    }
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text
}
