//! Letters on both engines: posted, delivered, tried again, given up, kept, looked at.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test's panic is its report")]

mod delivery;
mod mail_server;
mod preview;
mod support;
