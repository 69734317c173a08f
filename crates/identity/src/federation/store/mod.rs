//! The tables of federation. Identities and attempts belong to the platform; what a workspace sets is its own.

pub(crate) mod attempts;
pub(crate) mod identities;
pub(crate) mod sso;
