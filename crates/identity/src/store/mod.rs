//! Identity's rows. They belong to the platform: a user may be in many workspaces, and a
//! session moves between them, so their statements run in platform scope. API keys are a
//! workspace's own, and are scoped to it but where one is still to be found out.

pub(crate) mod api_keys;
pub(crate) mod archive;
pub(crate) mod attempts;
pub(crate) mod challenges;
pub(crate) mod deletion;
pub(crate) mod devices;
pub(crate) mod email_tokens;
pub(crate) mod factors;
pub(crate) mod passkeys;
pub(crate) mod platform;
pub(crate) mod sessions;
pub(crate) mod users;
