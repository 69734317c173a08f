//! Ends an API key.

use contracts::{audit::Action, tenancy::Role};
use kernel::{ApiKeyId, TenantScope};

use super::{KeyActor, bounds::keep_within, state};
use crate::{Identity, IdentityError, store::api_keys};

impl Identity {
    /// Ends the key and all its secrets: they are refused from the next request on. To end one that has
    /// ended is no error.
    pub async fn revoke_key(&self, actor: &KeyActor, id: ApiKeyId) -> Result<(), IdentityError> {
        self.may_change(actor, &self.key(actor, id).await?).await?;
        let mut tx = self.db.begin(actor.scope).await?;
        let own = actor.own_key(&mut tx).await?;
        let key = api_keys::lock(&mut tx, &actor.scope, id).await?.ok_or(IdentityError::NoKey)?;
        keep_within(own.as_ref(), &key.grant())?;
        if key.revoked_at.is_some() {
            return Ok(());
        }
        api_keys::revoke(&mut tx, &actor.scope, id, self.env.now()).await?;
        self.key_epochs.bump(&mut tx).await?;
        self.tell_of_key(&mut tx, actor, Action::ApiKeyRevoked, (Some(state(&key)), None), &key).await?;
        Ok(tx.commit().await?)
    }

    /// Ends any key of the installation, on an operator's order. Nobody's role is asked.
    pub async fn revoke_key_as_operator(&self, id: ApiKeyId) -> Result<(), IdentityError> {
        let workspace = api_keys::workspace_of(&self.db, id).await?.ok_or(IdentityError::NoKey)?;
        let scope = TenantScope::assume(workspace);
        let owner = api_keys::find(&self.db, &scope, id).await?.ok_or(IdentityError::NoKey)?.user.id;
        self.revoke_key(&KeyActor { user: owner, scope, permissions: Role::Owner.permissions(), key: None }, id).await
    }
}
