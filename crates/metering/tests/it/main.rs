//! The ledger on both engines: through the contract, and through the API.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a panic is the report")]

mod agree;
mod budgets;
mod caps;
mod groups;
mod http;
mod quotas;
mod record;
mod report;
mod support;
