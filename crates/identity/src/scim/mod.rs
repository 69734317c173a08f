//! Provisioning: a workspace's directory (Okta, Entra ID, …) keeps its people and groups here by SCIM 2.0
//! (RFC 7643, RFC 7644).
//!
//! Invariants:
//! - A directory speaks with a token of its workspace, and sees that workspace alone. The token has 256 random bits, is
//!   shown once, and stands in the database as SHA-256.
//! - It sees, makes and lets go people with an address of a domain that DNS has verified for the workspace, and nobody
//!   else. It gets into nobody's account: an address that nobody has proved loses what was there, as with single
//!   sign-on, and names and addresses of accounts stay their people's.
//! - It makes members, never owners, and lets no owner go.
//! - Whom it switches off is out at once, with their sessions in the workspace and their API keys of it, and no
//!   sign-in makes them a member again while the directory is let in.
//!
//! Its errors have SCIM's own shape. Deliberately absent: bulk operations, sorting, passwords.

mod discovery;
mod error;
mod filter;
mod http;
mod operations;
mod patch;
mod resource;
pub(crate) mod store;

pub use error::ScimError;
pub use http::routes;
pub(crate) use http::settings_routes;
pub use operations::{ScimSettings, ScimToken};

/// Where the endpoints stand, below the installation's address.
pub const BASE: &str = "/scim/v2";
/// Resources in one answer.
const MOST_RESULTS: i64 = 200;
/// People that a filter is tried on, where no index answers it.
const MOST_FILTERED: i64 = 20_000;
