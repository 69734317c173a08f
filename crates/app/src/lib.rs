//! The whole of Parlance in one process: the only place where contexts meet.
//!
//! [`platform::Platform`] builds every context and wires it to the others through the
//! traits of `contracts`; [`router`] mounts their routes behind the shared layers;
//! [`cli`] is what a person types.
//!
//! Deliberately absent: any rule of the product. Those live in the contexts.

pub mod assets;
pub mod cli;
pub mod config;
pub mod health;
pub mod jobs;
mod letters;
pub mod openapi;
pub mod platform;
pub mod router;
pub mod server;
pub mod telemetry;

pub use config::Config;
pub use platform::Platform;
