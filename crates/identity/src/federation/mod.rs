//! Identities that others vouch for: sign-in with Google and GitHub, and the accounts that they are linked to.
//!
//! Invariants:
//! - An identity is (provider, issuer, subject). An e-mail address never signs anybody in: it only says which account
//!   a new identity may belong to, and only if the provider has verified it.
//! - An account whose address was proved gets an identity from its owner alone, who is signed in. One whose address was
//!   never proved goes over to whoever proves it through a provider, and loses its password, its sessions and its
//!   API keys: whoever made it may not be who owns the address.
//! - A sign-in is bound to the browser that began it, by a cookie, and is used once. The PKCE verifier (RFC 7636)
//!   and the nonce are derived from that cookie; the database has only its hash.
//! - The address to come back to is configured and never a request's; `next` is a path of ours.
//! - Nobody loses their last way in.
//!
//! - A workspace's own provider speaks for the domains that DNS has verified for it, and for no other address. It makes
//!   members, never owners; who owns a workspace or operates the platform is linked to it by themselves alone. Turned
//!   off, it neither logs in nor links.
//!
//! Sessions made here are ordinary ones.

mod config;
mod dns;
mod error;
mod github;
mod http;
mod model;
mod oidc;
mod operations;
mod pass;
mod saml;
mod sso;
pub(crate) mod store;

pub use config::{FederationConfig, GitHub, Google};
pub use error::{FederationError, Refusal};
pub(crate) use http::{limited as limited_routes, routes};
pub use model::{ConnectedAccount, ConnectedAccounts, IdentityProvider};
pub(crate) use operations::ATTEMPT_TTL;
pub use operations::{Begin, Begun, Callback, Finished};
pub use saml::{SamlProvider, SamlService};
pub(crate) use sso::domain_of;
pub use sso::{ClaimNames, RoleMapping, SamlChange, SsoChange, SsoConnection, SsoDomain, SsoSettings, SsoTest};

use outbound::Outbound;

/// What the operations need beside the rest of identity.
pub(crate) struct Federation {
    pub config: FederationConfig,
    pub outbound: Outbound,
    pub oidc: oidc::Oidc,
    pub dns: dns::Dns,
}

impl Federation {
    pub fn new(config: FederationConfig) -> Self {
        let outbound = Outbound::new(config.guard.clone());
        Self { oidc: oidc::Oidc::new(outbound.clone()), dns: dns::Dns::new(config.dns_server), outbound, config }
    }
}
