//! Who has to sign in with their workspace's provider.

use contracts::tenancy::Role;
use kernel::TenantScope;

use crate::{
    Identity, IdentityError,
    federation::{FederationError, sso::domain_of, store::sso},
    model::User,
};

impl Identity {
    /// Refuses somebody whose workspace wants them to sign in with its own provider: a member with an address of one of
    /// its domains. An owner keeps every way in, or a provider that fails would lock everybody out.
    pub(crate) async fn may_sign_in_here(&self, user: &User) -> Result<(), IdentityError> {
        let Some(domain) = domain_of(&user.email) else { return Ok(()) };
        let Some((workspace, true)) = sso::of_domain(&self.db, &domain).await? else { return Ok(()) };
        match self.tenancy.membership(workspace, user.id).await? {
            Some(membership) if membership.role != Role::Owner => Err(IdentityError::SsoRequired),
            _ => Ok(()),
        }
    }

    /// The provider of the workspace that speaks for the address's domain. Says nothing of whether the address has an
    /// account.
    pub async fn sso_of_address(&self, address: &str) -> Result<String, FederationError> {
        let domain = domain_of(address).ok_or(FederationError::NoSso)?;
        let (workspace, _) = sso::of_domain(&self.db, &domain).await?.ok_or(FederationError::NoSso)?;
        // A provider of a workspace is named by it.
        Ok(TenantScope::assume(workspace).workspace().to_string())
    }
}
