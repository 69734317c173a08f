//! Servers that do exactly what a test tells them, and an authenticator that may lie.

mod authenticator;
mod replay;

pub use authenticator::{Authenticator, USER_VERIFIED};
pub use replay::{ReplayServer, Request, Script};
