//! The queue on both engines: what is enqueued, attempted, lost with a process, limited, shared and scheduled.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test's panic is its report"
)]

mod attempts;
mod chaos;
mod enqueue;
mod leases;
mod load;
mod schedules;
mod shares;
mod support;
