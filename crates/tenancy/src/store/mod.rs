//! The tables of tenancy: workspaces with their memberships, and groups.

pub mod groups;
mod workspaces;

pub use workspaces::*;
