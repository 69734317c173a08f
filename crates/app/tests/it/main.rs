//! The whole of Parlance, as its callers meet it: over HTTP in this process, and as the
//! `parlance` command in a process of its own.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test's panic is its report, and it starts real processes"
)]

mod archive;
mod audit;
mod bad_input;
mod command_line;
mod configured;
mod crash;
mod groups;
mod guardrails;
pub(crate) mod isolation;
mod letters;
mod lifecycle;
mod openapi;
mod personal;
mod plans;
mod platform;
mod runs;
mod support;
mod traced;
