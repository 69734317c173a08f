//! The shared layers against the real databases and the real Redis.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a panic is the report")]

mod idempotency;
mod limit;
