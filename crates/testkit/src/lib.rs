//! What tests share: a database of their own on either engine, a world that stands still, and
//! servers that misbehave on command.
//!
//! Invariants: nothing here is a mock of our own code; a test that needs PostgreSQL fails without
//! it, rather than being skipped.
//!
//! Deliberately absent: domain words. A context's own builders live beside its tests.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "used by tests only, where a panic is the report"
)]

pub mod db;
pub mod fake;

use std::sync::Arc;

use kernel::{Env, ManualClock, Timestamp, env::SeededRng};

pub use db::TestDb;
pub use testkit_macros::db_test;

/// 2026-01-02T03:04:05.000000Z, where every test's clock starts.
pub const START: Timestamp = Timestamp::from_micros(1_767_323_045_000_000);

/// A world whose clock stands at [`START`] and whose dice are seeded.
pub fn env() -> Env {
    env_with_clock().0
}

/// [`env`], and the clock to move.
pub fn env_with_clock() -> (Env, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::at(START));
    (Env::new(clock.clone(), Arc::new(SeededRng::new(1))), clock)
}
