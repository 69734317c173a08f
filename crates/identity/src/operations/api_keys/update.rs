//! Changes what an API key may do.

use contracts::{audit::Action, identity::KeyScope};
use ipnet::IpNet;
use kernel::{ApiKeyId, Timestamp};

use super::{KeyActor, bounds::keep_within, create::check_end, state};
use crate::{Identity, IdentityError, model::ApiKeyInfo, store::api_keys};

/// What to change; absent fields stay as they are, and an inner `None` takes a limit away.
#[derive(Debug, Clone, Default)]
#[allow(clippy::option_option, reason = "absent, none and a value are three things")]
pub struct KeyChanges {
    pub name: Option<String>,
    pub scopes: Option<Vec<KeyScope>>,
    pub models: Option<Option<Vec<String>>>,
    pub requests_per_minute: Option<Option<u32>>,
    pub tokens_per_minute: Option<Option<u32>>,
    pub allowed_ips: Option<Option<Vec<IpNet>>>,
    pub expires_at: Option<Option<Timestamp>>,
}

impl KeyChanges {
    fn apply(self, key: &mut ApiKeyInfo) {
        if let Some(name) = self.name {
            name.trim().clone_into(&mut key.name);
        }
        key.scopes = self.scopes.unwrap_or(std::mem::take(&mut key.scopes));
        key.models = self.models.unwrap_or(key.models.take());
        key.requests_per_minute = self.requests_per_minute.unwrap_or(key.requests_per_minute);
        key.tokens_per_minute = self.tokens_per_minute.unwrap_or(key.tokens_per_minute);
        key.allowed_ips = self.allowed_ips.unwrap_or(key.allowed_ips.take());
        key.expires_at = self.expires_at.unwrap_or(key.expires_at);
    }
}

impl Identity {
    /// Changes a key; its next request is judged by what it may do then.
    pub async fn update_key(
        &self,
        actor: &KeyActor,
        id: ApiKeyId,
        changes: KeyChanges,
    ) -> Result<ApiKeyInfo, IdentityError> {
        let now = self.env.now();
        if let Some(expires_at) = changes.expires_at {
            check_end(expires_at, now)?;
        }
        self.may_change(actor, &self.key(actor, id).await?).await?;
        let mut tx = self.db.begin(actor.scope).await?;
        let own = actor.own_key(&mut tx).await?;
        let mut key = api_keys::lock(&mut tx, &actor.scope, id).await?.ok_or(IdentityError::NoKey)?;
        if key.revoked_at.is_some() {
            return Err(IdentityError::KeyRevoked);
        }
        keep_within(own.as_ref(), &key.grant())?;
        let before = state(&key);
        changes.apply(&mut key);
        keep_within(own.as_ref(), &key.grant())?;
        api_keys::update(&mut tx, &actor.scope, id, &key.name, key.grant(), now).await?;
        self.key_epochs.bump(&mut tx).await?;
        self.tell_of_key(&mut tx, actor, Action::ApiKeyUpdated, (Some(before), Some(state(&key))), &key).await?;
        tx.commit().await?;
        Ok(key)
    }
}
