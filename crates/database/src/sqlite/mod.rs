//! SQLite: one writer and some readers, each a connection on a thread of its own.
//!
//! Invariants: a write holds the writer's permit before `BEGIN IMMEDIATE` and gives it back after
//! `COMMIT` or `ROLLBACK`, so statements never meet `SQLITE_BUSY` from this process. Readers are
//! `query_only`. `$n` is a *name* to SQLite, so parameters are bound by their number.
//!
//! Deliberately absent: a lock against other processes on the same file; SQLite has its own.

mod connection;
mod migrate;

use std::{
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use rusqlite::{Connection, ErrorCode, Statement, ffi, types::ValueRef};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

use self::connection::Opener;
use crate::{
    Error, FromRow, Options, Row,
    row::Source,
    value::{Cell, Value},
};

type Job = Box<dyn FnOnce(&mut Connection) + Send>;
type Queue = mpsc::UnboundedSender<Job>;

pub struct Sqlite {
    writer: Queue,
    permit: Arc<Semaphore>,
    readers: Queue,
    glance: Mutex<Connection>,
    patience: Duration,
}

impl Sqlite {
    /// Opens the file (made if absent) and starts the threads.
    pub async fn open(path: &str, options: &Options) -> Result<Self, Error> {
        if path.is_empty() || path.contains(":memory:") {
            return Err(Error::Options("expected sqlite:PATH, the path of a file".to_owned()));
        }
        let opener = Opener { path: Path::new(path).into(), synchronous: options.synchronous };
        let writer = opener.start_writer().await?;
        let (readers, jobs) = mpsc::unbounded_channel();
        let jobs = Arc::new(Mutex::new(jobs));
        for _ in 0..options.readers.max(1) {
            opener.start_reader(jobs.clone()).await?;
        }
        let glance = Mutex::new(opener.glancing().await?);
        Ok(Self { writer, permit: Arc::new(Semaphore::new(1)), readers, glance, patience: options.patience })
    }

    /// Moves the write-ahead log into the file, which then holds everything, and takes no more writes.
    pub async fn close(&self) -> Result<(), Error> {
        self.on_writer(|connection| {
            connection.execute_batch("PRAGMA optimize; PRAGMA wal_checkpoint(TRUNCATE)").map_err(translate)
        })
        .await?;
        self.permit.close();
        Ok(())
    }

    pub async fn begin(&self) -> Result<Tx, Error> {
        Ok(Tx { writer: self.writer.clone(), permit: Some(self.acquire().await?), begun: false })
    }

    pub async fn all<T: FromRow>(&self, sql: &'static str, params: Vec<Value>) -> Result<Vec<T>, Error> {
        call(&self.readers, move |connection| rows(connection, sql, &params)).await
    }

    /// The same on the caller's own thread: going to another and back takes longer than reading
    /// a few rows that everybody reads all the time. Nobody is waited for.
    pub async fn glance<T: FromRow>(&self, sql: &'static str, params: Vec<Value>) -> Result<Vec<T>, Error> {
        let glanced = self.glance.try_lock().ok().map(|connection| rows(&connection, sql, &params));
        match glanced {
            Some(Ok(list)) => Ok(list),
            Some(Err(_)) | None => self.all(sql, params).await,
        }
    }

    /// One write statement, a transaction by itself.
    pub async fn execute(&self, sql: &'static str, params: Vec<Value>) -> Result<u64, Error> {
        let permit = self.acquire().await?;
        call(&self.writer, move |connection| {
            let affected = execute(connection, sql, &params);
            drop(permit);
            affected
        })
        .await
    }

    /// Runs `work` on the writer's connection.
    pub async fn on_writer<R: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<R, Error> + Send + 'static,
    ) -> Result<R, Error> {
        let permit = self.acquire().await?;
        call(&self.writer, move |connection| {
            let result = work(connection);
            drop(permit);
            result
        })
        .await
    }

    /// Runs `work` on a reader's connection.
    pub async fn on_reader<R: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<R, Error> + Send + 'static,
    ) -> Result<R, Error> {
        call(&self.readers, work).await
    }

    async fn acquire(&self) -> Result<OwnedSemaphorePermit, Error> {
        match tokio::time::timeout(self.patience, self.permit.clone().acquire_owned()).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) => Err(Error::Unavailable("it was closed".to_owned())),
            Err(_) => Err(Error::Unavailable(format!(
                "the writer was busy for {} seconds; is a transaction held open?",
                self.patience.as_secs()
            ))),
        }
    }
}

/// A write transaction. `BEGIN IMMEDIATE` goes along with its first statement.
pub struct Tx {
    writer: Queue,
    permit: Option<OwnedSemaphorePermit>,
    begun: bool,
}

impl Tx {
    pub async fn all<T: FromRow>(&mut self, sql: &'static str, params: Vec<Value>) -> Result<Vec<T>, Error> {
        self.step(move |connection| rows(connection, sql, &params)).await
    }

    pub async fn execute(&mut self, sql: &'static str, params: Vec<Value>) -> Result<u64, Error> {
        self.step(move |connection| execute(connection, sql, &params)).await
    }

    pub async fn execute_batch(&mut self, statements: Vec<crate::Statement>) -> Result<Vec<u64>, Error> {
        self.step(move |connection| statements.iter().map(|(sql, params)| execute(connection, sql, params)).collect())
            .await
    }

    /// The batch, and the commit with it if the counts are `fine`. Whether it was committed.
    pub async fn finish_batch(
        &mut self,
        statements: Vec<crate::Statement>,
        fine: impl FnOnce(&[u64]) -> bool + Send + 'static,
    ) -> Result<(Vec<u64>, bool), Error> {
        let (counts, committed) = self
            .step(move |connection| {
                let counts: Vec<u64> = statements
                    .iter()
                    .map(|(sql, params)| execute(connection, sql, params))
                    .collect::<Result<_, _>>()?;
                let committed = fine(&counts);
                if committed {
                    commit(connection)?;
                }
                Ok((counts, committed))
            })
            .await?;
        if committed {
            self.permit = None;
        }
        Ok((counts, committed))
    }

    pub async fn commit(mut self) -> Result<(), Error> {
        let permit = self.permit.take();
        if !self.begun {
            return Ok(());
        }
        call(&self.writer, move |connection| {
            let result = commit(connection);
            drop(permit);
            result
        })
        .await
    }

    pub async fn rollback(mut self) -> Result<(), Error> {
        let permit = self.permit.take();
        if !self.begun {
            return Ok(());
        }
        call(&self.writer, move |connection| {
            roll_back(connection);
            drop(permit);
            Ok(())
        })
        .await
    }

    async fn step<R: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut Connection) -> Result<R, Error> + Send + 'static,
    ) -> Result<R, Error> {
        let begin = !std::mem::replace(&mut self.begun, true);
        call(&self.writer, move |connection| {
            if begin {
                control(connection, "BEGIN IMMEDIATE")?;
            }
            work(connection)
        })
        .await
    }
}

impl Drop for Tx {
    fn drop(&mut self) {
        // After a commit the permit is gone, and so is the transaction.
        if let Some(permit) = self.permit.take()
            && self.begun
        {
            // The queue keeps order: this runs after any statement that is still under way.
            let _ = self.writer.send(Box::new(move |connection| {
                roll_back(connection);
                drop(permit);
            }));
        }
    }
}

async fn call<R: Send + 'static>(
    queue: &Queue,
    work: impl FnOnce(&mut Connection) -> Result<R, Error> + Send + 'static,
) -> Result<R, Error> {
    let (reply, answer) = oneshot::channel();
    queue
        .send(Box::new(move |connection| {
            let _ = reply.send(work(connection));
        }))
        .map_err(|_| stopped())?;
    answer.await.map_err(|_| stopped())?
}

fn stopped() -> Error {
    Error::Unavailable("SQLite's thread stopped in the middle of the work".to_owned())
}

fn rows<T: FromRow>(connection: &Connection, sql: &str, params: &[Value]) -> Result<Vec<T>, Error> {
    let mut statement = connection.prepare_cached(sql).map_err(translate)?;
    bind(&mut statement, params)?;
    let mut found = statement.raw_query();
    let mut list = Vec::new();
    while let Some(row) = found.next().map_err(translate)? {
        list.push(Row::read(Source::Sqlite(row))?);
    }
    Ok(list)
}

fn execute(connection: &Connection, sql: &str, params: &[Value]) -> Result<u64, Error> {
    let mut statement = connection.prepare_cached(sql).map_err(translate)?;
    bind(&mut statement, params)?;
    let affected = statement.raw_execute().map_err(translate)?;
    u64::try_from(affected).map_err(|error| Error::Other(error.into()))
}

fn commit(connection: &Connection) -> Result<(), Error> {
    control(connection, "COMMIT").inspect_err(|_| roll_back(connection))
}

/// Runs `BEGIN IMMEDIATE` or `COMMIT`.
fn control(connection: &Connection, sql: &str) -> Result<(), Error> {
    connection.prepare_cached(sql).and_then(|mut statement| statement.execute([])).map_err(translate)?;
    Ok(())
}

pub fn roll_back(connection: &Connection) {
    // SQLite ends a transaction by itself after some errors, for example a full disk.
    if !connection.is_autocommit()
        && let Err(error) = connection.execute_batch("ROLLBACK")
    {
        tracing::error!(%error, "rolling back failed");
    }
}

fn bind(statement: &mut Statement<'_>, params: &[Value]) -> Result<(), Error> {
    let count = statement.parameter_count();
    if count != params.len() {
        return Err(Error::Encode(format!("{count} are expected, {} were given", params.len())));
    }
    for place in 1..=count {
        let number = statement
            .parameter_name(place)
            .and_then(|name| name.strip_prefix('$'))
            .and_then(|digits| digits.parse::<usize>().ok());
        let value = number
            .and_then(|number| params.get(number.checked_sub(1)?))
            .ok_or_else(|| Error::Encode(format!("parameter {place} of the statement is not one of $1 to ${count}")))?;
        match value {
            Value::Null => statement.raw_bind_parameter(place, rusqlite::types::Null),
            Value::Bool(it) => statement.raw_bind_parameter(place, it),
            Value::Int(it) => statement.raw_bind_parameter(place, it),
            Value::Float(it) => statement.raw_bind_parameter(place, it),
            Value::Text(it) | Value::Json(it) => statement.raw_bind_parameter(place, it),
            Value::Bytes(it) => statement.raw_bind_parameter(place, it),
            Value::Uuid(it) => statement.raw_bind_parameter(place, it.as_bytes().as_slice()),
            Value::Invalid(message) => return Err(Error::Encode(message.clone())),
        }
        .map_err(translate)?;
    }
    Ok(())
}

/// The column as the layer sees it.
pub fn cell<'a>(row: &'a rusqlite::Row<'_>, index: usize) -> Result<Cell<'a>, String> {
    match row.get_ref(index).map_err(|error| error.to_string())? {
        ValueRef::Null => Ok(Cell::Null),
        ValueRef::Integer(it) => Ok(Cell::Int(it)),
        ValueRef::Real(it) => Ok(Cell::Float(it)),
        ValueRef::Text(it) => std::str::from_utf8(it).map(Cell::Text).map_err(|error| error.to_string()),
        ValueRef::Blob(it) => Ok(Cell::Bytes(it)),
    }
}

pub fn translate(error: rusqlite::Error) -> Error {
    let rusqlite::Error::SqliteFailure(failure, message) = &error else {
        return Error::Other(error.into());
    };
    let message = message.clone().unwrap_or_else(|| failure.to_string());
    match (failure.extended_code, failure.code) {
        (ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_ROWID, _) => {
            // "UNIQUE constraint failed: users.email" or "…: index 'users_lower_email'"
            let what = message.split_once(": ").map_or(message.as_str(), |(_, what)| what);
            let constraint = what.strip_prefix("index '").and_then(|rest| rest.strip_suffix('\'')).unwrap_or(what);
            Error::UniqueViolation { constraint: constraint.to_owned() }
        }
        (ffi::SQLITE_CONSTRAINT_FOREIGNKEY, _) => Error::ForeignKeyViolation,
        (_, ErrorCode::ConstraintViolation) => Error::RuleViolation { rule: message },
        (
            _,
            ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::CannotOpen
            | ErrorCode::DiskFull
            | ErrorCode::SystemIoFailure
            | ErrorCode::FileLockingProtocolFailed
            | ErrorCode::DatabaseCorrupt
            | ErrorCode::NotADatabase,
        ) => Error::Unavailable(message),
        _ => Error::Other(error.into()),
    }
}
