//! Tenancy on both engines, through its operations and its endpoints. Tests that prove a
//! behaviour of the acceptance list carry its number.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test's panic is its report")]

mod audit;
mod groups;
mod http;
mod invitations;
mod isolation;
mod lifecycle;
mod members;
mod profiles;
mod roles;
mod streams;
mod support;
