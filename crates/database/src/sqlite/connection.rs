//! One connection and its thread.

use std::{
    panic::AssertUnwindSafe,
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI32, Ordering::Relaxed},
    },
    thread,
    time::Duration,
};

use rusqlite::{Connection, OpenFlags, config::DbConfig, functions::FunctionFlags};
use tokio::sync::{mpsc, oneshot};

use super::{Job, Queue, stopped};
use crate::{Error, Synchronous};

/// Statements kept prepared on each connection.
const STATEMENTS: usize = 256;
/// How long to wait for another process that writes to the file.
const BUSY: Duration = Duration::from_secs(5);

/// Pages in the write-ahead log at which they begin to be copied into the file.
const CHECKPOINT: i32 = 1_000;
/// Pages at which the writer waits for that, lest the log grow without end: 64 MiB.
const CHECKPOINT_NOW: i32 = 16_000;

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Duty {
    Write,
    Read,
    /// Reads on the caller's thread, so it waits for nothing.
    Glance,
    /// Copies the write-ahead log into the file beside the writer. A commit that has to do this
    /// itself takes milliseconds instead of microseconds, because it waits for the disk twice.
    Checkpoint,
}

/// How to open connections to one file.
#[derive(Clone)]
pub struct Opener {
    pub path: Arc<Path>,
    pub synchronous: Synchronous,
}

impl Opener {
    /// Starts the thread with the writing connection, and the one that cleans up after it.
    pub async fn start_writer(&self) -> Result<Queue, Error> {
        let (queue, mut jobs) = mpsc::unbounded_channel::<Job>();
        // Room for one request: more would ask for the same.
        let (wake, mut woken) = mpsc::channel(1);
        self.start(Duty::Write, move |connection| {
            let pages = Arc::new(AtomicI32::new(0));
            let seen = pages.clone();
            // Replaces SQLite's automatic checkpoint. Told the length of the log after each commit.
            let hooked = connection.wal_hook(Some(move |_: &mut rusqlite::hooks::Wal, length| {
                seen.store(length, Relaxed);
                Ok(())
            }));
            if let Err(error) = hooked {
                tracing::error!(%error, "SQLite takes no hook; it checkpoints by itself");
            }
            // A long reader can keep a checkpoint from getting on; each waits for as much again.
            let (mut ask_at, mut wait_at) = (CHECKPOINT, CHECKPOINT_NOW);
            while let Some(job) = jobs.blocking_recv() {
                run(connection, job);
                let length = pages.swap(0, Relaxed);
                if length >= wait_at {
                    checkpoint(connection);
                    wait_at = length + CHECKPOINT;
                } else if length >= ask_at {
                    let _ = wake.try_send(());
                    ask_at = length + CHECKPOINT;
                } else if (1..CHECKPOINT).contains(&length) {
                    (ask_at, wait_at) = (CHECKPOINT, CHECKPOINT_NOW);
                }
            }
        })
        .await?;
        self.start(Duty::Checkpoint, move |connection| {
            while let Some(()) = woken.blocking_recv() {
                checkpoint(connection);
            }
        })
        .await?;
        Ok(queue)
    }

    /// Starts a thread with a reading connection; those that share the jobs take turns at waiting.
    pub async fn start_reader(&self, jobs: Arc<Mutex<mpsc::UnboundedReceiver<Job>>>) -> Result<(), Error> {
        self.start(Duty::Read, move |connection| {
            let next = || jobs.lock().unwrap_or_else(PoisonError::into_inner).blocking_recv();
            while let Some(job) = next() {
                run(connection, job);
            }
        })
        .await
    }

    /// A connection for [`Duty::Glance`].
    pub async fn glancing(&self) -> Result<Connection, Error> {
        let (opener, at) = (self.clone(), self.path.clone());
        let opened = tokio::task::spawn_blocking(move || opener.open(Duty::Glance)).await.map_err(|_| stopped())?;
        opened.map_err(|error| Error::Unavailable(format!("{}: {error}", at.display())))
    }

    /// Returns when the connection is open and `work` has begun on its thread.
    async fn start(&self, duty: Duty, work: impl FnOnce(&mut Connection) + Send + 'static) -> Result<(), Error> {
        let (opened, answer) = oneshot::channel();
        let opener = self.clone();
        let main = move || match opener.open(duty) {
            Ok(mut connection) => {
                let _ = opened.send(Ok(()));
                work(&mut connection);
            }
            Err(error) => {
                let at = opener.path.display();
                let _ = opened.send(Err(Error::Unavailable(format!("{at}: {error}"))));
            }
        };
        thread::Builder::new()
            .name(format!("sqlite-{duty:?}").to_lowercase())
            .spawn(main)
            .map_err(|error| Error::Unavailable(format!("no thread for SQLite: {error}")))?;
        answer.await.map_err(|_| stopped())?
    }

    fn open(&self, duty: Duty) -> rusqlite::Result<Connection> {
        if duty == Duty::Write {
            self.make_private();
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.path, flags)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        connection.busy_timeout(if duty == Duty::Glance { Duration::ZERO } else { BUSY })?;
        // WAL is a property of the file, which the writer opens first.
        if duty == Duty::Write {
            connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
            connection.pragma_update_and_check(None, "journal_size_limit", 64 << 20, |_| Ok(()))?;
        }
        let synchronous = match self.synchronous {
            Synchronous::Normal => "normal",
            Synchronous::Full => "full",
        };
        connection.pragma_update(None, "synchronous", synchronous)?;
        connection.pragma_update(None, "foreign_keys", true)?;
        // A plan that depends on what is bound would be made anew whenever that changes.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        connection.pragma_update(None, "trusted_schema", false)?;
        connection.pragma_update(None, "temp_store", "memory")?;
        // Kibibytes of page cache; the operating system caches the file as well.
        let cache = match duty {
            Duty::Write => -4096,
            Duty::Read | Duty::Checkpoint => -2048,
            Duty::Glance => -64,
        };
        connection.pragma_update(None, "cache_size", cache)?;
        connection.pragma_update(None, "query_only", matches!(duty, Duty::Read | Duty::Glance))?;
        // SQLite's own knows only ASCII; PostgreSQL's knows Đ.
        let pure = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
        connection.create_scalar_function("lower", 1, pure, |call| {
            Ok(call.get::<Option<String>>(0)?.map(|text| text.to_lowercase()))
        })?;
        Ok(connection)
    }

    /// Makes the file, if it is new, readable by its owner alone; SQLite gives its companions the same mode.
    fn make_private(&self) {
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        // If this fails, opening the database tells why.
        let _ = options.open(&self.path);
    }
}

/// A panic (in a type's `from_row`) ends that job alone; its caller learns of it.
fn run(connection: &mut Connection, job: Job) {
    let _ = std::panic::catch_unwind(AssertUnwindSafe(|| job(connection)));
}

/// Copies as much of the log into the file as the readers allow, and blocks nobody.
fn checkpoint(connection: &Connection) {
    let done = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
    if let Err(error) = done {
        tracing::warn!(%error, "the write-ahead log could not be checkpointed");
    }
}
