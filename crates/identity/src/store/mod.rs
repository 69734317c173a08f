//! Identity's rows. They belong to the platform: a user may be in many workspaces, and a
//! session moves between them, so every statement here runs in platform scope.

pub(crate) mod attempts;
pub(crate) mod sessions;
pub(crate) mod users;
