//! Work that is done later: a queue in the application's own database, and schedules that fill it.
//!
//! A context says what a job is ([`Job`]), adds it to the [`Registry`], and puts it into the [`Queue`] in the transaction
//! of the change that makes it necessary. [`Workers`] do the work, in as many processes as there are.
//!
//! Invariants:
//! - A job is in the queue if the transaction that enqueued it commits, and not otherwise.
//! - It leaves the queue when an attempt has worked, when it was given up (a dead letter, which a person may put back), or
//!   when it was cancelled. A process that dies loses nothing: its jobs are free again when its lease has run out.
//! - Each claim of a job has a number; whatever is written of an attempt names it, and changes nothing if there was a
//!   later one. An attempt that was paused for too long is *fenced* by that. The work itself may be done more than once,
//!   unless its effect commits together with [`Context::complete_in`].
//! - Claims are made one after the other, by the one writer of SQLite or under an advisory lock of PostgreSQL. Limits and
//!   shares of workspaces are exact therefore ([`fair`]).
//! - A schedule's tick and the job that it makes commit together, and move the schedule on; so each tick is there once.
//!
//! Deliberately absent: what jobs do; results (they are rows of the contexts); chains and graphs of jobs (a job enqueues
//! the next one in the transaction that completes it).

mod batch;
mod context;
mod error;
mod fair;
mod job;
mod leader;
mod model;
mod queue;
mod registry;
mod schedule;
mod stats;
mod store;
mod workers;

pub use context::Context;
pub use error::JobsError;
pub use job::{Failure, Job, Policy, Priority};
pub use model::{FailedAttempt, JobState, JobView};
pub use queue::{NewJob, Queue};
pub use registry::Registry;
pub use schedule::{CatchUp, Schedule};
pub use stats::{KindStats, Percentiles};
pub use store::{schedules::ScheduleView, views::JobQuery, workers::WorkerView};
pub use workers::{Settings, Workers};
