//! The context on both databases.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a panic is the report")]

mod policies;
