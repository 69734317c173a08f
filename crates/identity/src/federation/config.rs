//! What can be set about other identity providers.

use std::net::SocketAddr;

use outbound::Guard;
use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

/// What `app` decides about other identity providers.
#[derive(Debug, Clone)]
pub struct FederationConfig {
    /// The address that people use; what providers send them back to begins with it.
    pub base_url: String,
    pub google: Option<Google>,
    pub github: Option<GitHub>,
    /// The name server that is asked about domains; none: the machine's own.
    pub dns_server: Option<SocketAddr>,
    /// Which addresses are called for workspaces.
    pub guard: Guard,
}

impl Default for FederationConfig {
    fn default() -> Self {
        Self {
            base_url: "http://localhost:4000".to_owned(),
            google: None,
            github: None,
            dns_server: None,
            guard: Guard::default(),
        }
    }
}

/// Sign-in with Google, or with another `OpenID` provider in its place.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Google {
    pub client_id: String,
    pub client_secret: SecretString,
    #[serde(default = "google")]
    pub issuer: Url,
}

/// Sign-in with GitHub, or with an Enterprise Server.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GitHub {
    pub client_id: String,
    pub client_secret: SecretString,
    /// The site; people's identities are its own.
    #[serde(default = "github")]
    pub url: Url,
    /// Its API: `https://HOST/api/v3` of an Enterprise Server.
    #[serde(default = "github_api")]
    pub api_url: Url,
}

#[allow(clippy::expect_used, reason = "a literal")]
fn known(address: &str) -> Url {
    address.parse().expect("an address")
}

fn google() -> Url {
    known("https://accounts.google.com")
}

fn github() -> Url {
    known("https://github.com")
}

fn github_api() -> Url {
    known("https://api.github.com")
}
