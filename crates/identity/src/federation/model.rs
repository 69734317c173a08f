//! Identities as the API shows them, and as providers give them.

use kernel::{IdentityId, Timestamp};
use serde::Serialize;

/// An identity that an account is linked to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ConnectedAccount {
    pub id: IdentityId,
    /// The id of the provider.
    #[schema(example = "google")]
    pub provider: String,
    #[schema(example = "Google")]
    pub provider_name: String,
    /// What the provider calls it; null: it has not said.
    #[schema(required, example = "ann@example.com")]
    pub email: Option<String>,
    pub created_at: Timestamp,
    /// When somebody last signed in with it.
    pub last_used_at: Timestamp,
}

/// How the caller can sign in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ConnectedAccounts {
    /// The oldest first.
    pub data: Vec<ConnectedAccount>,
    /// Whether they have a password too.
    pub has_password: bool,
    /// What the caller can connect.
    pub providers: Vec<IdentityProvider>,
}

/// Who vouches for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct IdentityProvider {
    #[schema(example = "google")]
    pub id: String,
    #[schema(example = "Google")]
    pub name: String,
}

/// What the installation's own providers are called.
pub(crate) fn name_of(provider: &str) -> Option<&'static str> {
    match provider {
        "google" => Some("Google"),
        "github" => Some("GitHub"),
        _ => None,
    }
}

/// What a provider says of somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Claims {
    pub issuer: String,
    pub subject: String,
    pub email: Option<String>,
    pub email_verified: bool,
    pub name: Option<String>,
}
