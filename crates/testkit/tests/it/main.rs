//! The kit itself: tests trust it, so it is tested first.

#![allow(clippy::disallowed_methods, clippy::panic, clippy::unwrap_used, reason = "a panic is how a test reports")]

mod db;
mod replay;
