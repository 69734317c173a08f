//! The chat on both engines, with a provider that says what the test tells it to.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a panic is the report")]

mod budgets;
mod context;
mod conversations;
mod files;
mod guardrails;
mod http;
mod limits;
mod nodes;
mod recover;
mod resume;
mod runs;
mod scripted;
mod sharing;
mod support;
mod tree;
