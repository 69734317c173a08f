//! The identities that the caller is linked to.

use contracts::{
    audit::{Action, Entry},
    mail::Letter,
};
use database::Platform;
use kernel::{IdentityId, TenantScope, UserId};
use serde_json::json;

use crate::{
    Identity, IdentityError,
    federation::{
        ConnectedAccounts, FederationError, IdentityProvider,
        store::{identities, sso},
    },
    store::{passkeys, users},
};

impl Identity {
    /// How the user can sign in.
    pub async fn connected_accounts(
        &self,
        user: UserId,
        scope: &TenantScope,
    ) -> Result<ConnectedAccounts, FederationError> {
        let found = users::credentials(&self.db, user).await?.ok_or(IdentityError::NoUser)?;
        let mut providers = self.federation.providers();
        let own = sso::find(&self.db, scope).await?.filter(|own| own.shown.enabled);
        providers.extend(own.map(|own| IdentityProvider { id: own.workspace.to_string(), name: own.shown.name }));
        let mut data = identities::list(&self.db, user).await?;
        for account in &mut data {
            if let Some(known) = providers.iter().find(|known| known.id == account.provider) {
                account.provider_name.clone_from(&known.name);
            }
        }
        Ok(ConnectedAccounts { data, has_password: found.password_hash != users::NO_PASSWORD, providers })
    }

    /// Takes an identity away from the user, unless it is their last way in.
    pub async fn disconnect_account(&self, user: UserId, id: IdentityId) -> Result<(), FederationError> {
        // Users and their identities belong to no workspace.
        let mut tx = self.db.begin(Platform).await?;
        // Of two at the same time, one waits here for the other, and counts what that has left.
        users::lock(&mut tx, user).await?.ok_or(IdentityError::NoUser)?;
        let found = users::find(&mut tx, user).await?.ok_or(IdentityError::NoUser)?;
        let provider = identities::delete(&mut tx, user, id).await?.ok_or(FederationError::NoIdentity)?;
        let others = identities::count(&mut tx, user).await? + passkeys::count(&mut tx, user).await?;
        if found.password_hash == users::NO_PASSWORD && others == 0 {
            return Err(FederationError::LastWayIn);
        }
        let at = self.env.now();
        let letter = Letter::IdentityUnlinked { name: found.user.name.clone(), provider: provider.clone(), at };
        self.write_to(&mut tx, &found.user, letter).await?;
        let entry = Entry::platform(Action::IdentityUnlinked).about(id).before(json!({ "provider": provider }));
        self.audit.record(&mut tx, entry).await?;
        Ok(tx.commit().await?)
    }
}
