//! The tables of tenancy: workspaces with their memberships and their end, roles, groups, invitations, profiles, the audit log, and what
//! administrators of the platform see of all of them.

pub mod audit;
pub mod deletion;
pub mod directory;
pub mod groups;
pub mod invitations;
pub mod personal;
pub mod platform;
pub mod profiles;
pub mod roles;
mod workspaces;

pub use workspaces::*;
