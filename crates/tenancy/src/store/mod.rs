//! The tables of tenancy: workspaces with their memberships and their end, and groups.

pub mod deletion;
pub mod groups;
mod workspaces;

pub use workspaces::*;
