//! The compatible APIs over a real router, on both databases, with providers that play
//! recordings and the demo provider for all that is translated.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test's panic is its report")]

mod accounting;
mod anthropic;
mod cache;
mod chat;
mod embeddings;
mod errors;
mod guard;
mod keys;
mod models;
mod responses;
mod support;
