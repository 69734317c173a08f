//! What can be done with other identity providers; one file per verb.

mod begin;
mod connected;
mod domains;
mod enforce;
mod finish;
mod saml;
mod settle;
mod sso;

use std::time::Duration;

pub use begin::{Begin, Begun};
pub use finish::{Callback, Finished};

use kernel::{TenantScope, WorkspaceId};
use outbound::Named;

use super::{
    Federation, FederationError, GitHub, IdentityProvider, model::name_of, oidc, sso::StoredSso,
    store::sso as connections,
};
use crate::Identity;

/// How long somebody may take at the provider.
pub(crate) const ATTEMPT_TTL: Duration = Duration::from_secs(600);

/// How to speak with a provider.
pub(super) enum Provider<'a> {
    Oidc(oidc::Client),
    GitHub(&'a GitHub),
    /// A workspace's own.
    Workspace(Box<(oidc::Client, StoredSso)>),
    /// A workspace's own that speaks SAML.
    Saml(Box<StoredSso>),
}

impl Provider<'_> {
    /// What is set of it, if a workspace has set it.
    fn own(&self) -> Option<&StoredSso> {
        match self {
            Self::Workspace(own) => Some(&own.1),
            Self::Saml(own) => Some(own),
            _ => None,
        }
    }
}

impl Federation {
    /// What everybody can sign in with here.
    pub fn providers(&self) -> Vec<IdentityProvider> {
        [("google", self.config.google.is_some()), ("github", self.config.github.is_some())]
            .into_iter()
            .filter(|(_, is_set)| *is_set)
            .map(|(id, _)| IdentityProvider { id: id.to_owned(), name: name_of(id).unwrap_or(id).to_owned() })
            .collect()
    }

    fn own_provider(&self, name: &str) -> Option<Provider<'_>> {
        match name {
            "google" => self.config.google.as_ref().map(|google| {
                Provider::Oidc(oidc::Client {
                    issuer: google.issuer.as_str().trim_end_matches('/').to_owned(),
                    client_id: google.client_id.clone(),
                    client_secret: google.client_secret.clone(),
                    scopes: "email profile".to_owned(),
                    named: Named::ByOperator,
                })
            }),
            "github" => self.config.github.as_ref().map(Provider::GitHub),
            _ => None,
        }
    }

    /// Where a provider sends people back to: configured, and never a request's own address.
    fn redirect_uri(&self, provider: &str) -> String {
        format!("{}/api/v1/auth/callback/{provider}", self.config.base_url.trim_end_matches('/'))
    }
}

impl Identity {
    /// The provider of this name: the installation's, or a workspace's, which is named by the workspace's id. One that is
    /// turned off is not there.
    async fn provider(&self, name: &str) -> Result<Provider<'_>, FederationError> {
        if let Some(found) = self.federation.own_provider(name) {
            return Ok(found);
        }
        let workspace: WorkspaceId = name.parse().map_err(|_| FederationError::NoProvider)?;
        // Whoever signs in is in no workspace yet, and the id is no secret.
        let found = connections::find(&self.db, &TenantScope::assume(workspace)).await?;
        let stored = found.filter(|found| found.shown.enabled).ok_or(FederationError::NoProvider)?;
        if stored.shown.saml.is_some() {
            return Ok(Provider::Saml(Box::new(stored)));
        }
        Ok(Provider::Workspace(Box::new((self.sso_client(&stored)?, stored))))
    }
}
