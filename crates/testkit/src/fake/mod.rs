//! Servers that do exactly what a test tells them.

mod replay;

pub use replay::{ReplayServer, Request, Script};
