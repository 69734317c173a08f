//! Shows API keys.

use kernel::ApiKeyId;

use super::KeyActor;
use crate::{
    Identity, IdentityError,
    config::KEY_REMEMBERED,
    model::{ApiKeyInfo, ListedKey},
    store::api_keys,
};

impl Identity {
    /// The actor's keys, or everybody's if they manage keys; the newest first, below the given
    /// id, `limit` at the most. Revoked ones are among them for thirty days.
    pub async fn keys(
        &self,
        actor: &KeyActor,
        before: Option<ApiKeyId>,
        limit: u32,
    ) -> Result<Vec<ApiKeyInfo>, IdentityError> {
        let only = (!actor.manages()).then_some(actor.user);
        let revoked_since = self.env.now() - KEY_REMEMBERED;
        Ok(api_keys::list(&self.db, &actor.scope, only, before, i64::from(limit), revoked_since).await?)
    }

    pub async fn key(&self, actor: &KeyActor, id: ApiKeyId) -> Result<ApiKeyInfo, IdentityError> {
        api_keys::find(&self.db, &actor.scope, id)
            .await?
            .filter(|key| key.user.id == actor.user || actor.manages())
            .ok_or(IdentityError::NoKey)
    }

    /// Every key of the installation that is not revoked, for operators.
    pub async fn all_keys(&self) -> Result<Vec<ListedKey>, IdentityError> {
        Ok(api_keys::all(&self.db).await?)
    }
}
