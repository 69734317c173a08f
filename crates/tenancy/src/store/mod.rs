//! The tables of tenancy: workspaces with their memberships and their end, groups, and invitations.

pub mod deletion;
pub mod groups;
pub mod invitations;
mod workspaces;

pub use workspaces::*;
