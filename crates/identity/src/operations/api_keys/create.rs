//! Makes an API key.

use contracts::{audit::Action, identity::KeyScope};
use ipnet::IpNet;
use kernel::{ApiKeyId, Timestamp};
use secrecy::SecretString;

use super::{KeyActor, bounds::keep_within, state};
use crate::{
    Identity, IdentityError,
    model::ApiKeyInfo,
    name,
    secret::Secret,
    store::api_keys::{self, Grant, NewKey},
};

/// A key to be made. `None` is no limit.
#[derive(Debug, Clone, Default)]
pub struct NewApiKey {
    pub name: String,
    /// At least one.
    pub scopes: Vec<KeyScope>,
    pub models: Option<Vec<String>>,
    pub requests_per_minute: Option<u32>,
    pub tokens_per_minute: Option<u32>,
    pub allowed_ips: Option<Vec<IpNet>>,
    pub expires_at: Option<Timestamp>,
}

impl NewApiKey {
    /// What holds wherever the key is asked for; the edge looks at the rest.
    fn check(&self) -> Result<(), IdentityError> {
        let invalid = |field, message| IdentityError::Invalid { field, code: "invalid", message };
        if self.name.trim().is_empty() {
            return Err(invalid("name", "must not be empty"));
        }
        if self.scopes.is_empty() {
            return Err(invalid("scopes", "must not be empty"));
        }
        name::check(&self.name).map_err(|message| invalid("name", message))
    }
}

/// Refuses an end that has passed: the key would never work.
pub(super) fn check_end(expires_at: Option<Timestamp>, now: Timestamp) -> Result<(), IdentityError> {
    if expires_at.is_some_and(|expires| expires <= now) {
        return Err(IdentityError::Invalid { field: "expires_at", code: "past", message: "must be in the future" });
    }
    Ok(())
}

impl Identity {
    /// Makes a key of the actor's own, and gives its secret: nobody sees it again.
    ///
    /// No cache is told: nobody can have asked for a secret that did not exist.
    pub async fn create_key(
        &self,
        actor: &KeyActor,
        new: NewApiKey,
    ) -> Result<(ApiKeyInfo, SecretString), IdentityError> {
        let now = self.env.now();
        new.check()?;
        check_end(new.expires_at, now)?;
        let secret = Secret::new(&self.env);
        let id: ApiKeyId = self.env.id();
        let grant = Grant {
            scopes: &new.scopes,
            models: new.models.as_deref(),
            requests_per_minute: new.requests_per_minute,
            tokens_per_minute: new.tokens_per_minute,
            allowed_ips: new.allowed_ips.as_deref(),
            expires_at: new.expires_at,
        };
        let mut tx = self.db.begin(actor.scope).await?;
        keep_within(actor.own_key(&mut tx).await?.as_ref(), &grant)?;
        let row = NewKey {
            id,
            user: actor.user,
            name: new.name.trim(),
            prefix: &secret.prefix(),
            hash: secret.hash(),
            grant,
            now,
        };
        api_keys::insert(&mut tx, &actor.scope, row).await?;
        let key = api_keys::lock(&mut tx, &actor.scope, id).await?.ok_or(IdentityError::NoKey)?;
        self.tell_of_key(&mut tx, actor, Action::ApiKeyCreated, (None, Some(state(&key))), &key).await?;
        tx.commit().await?;
        Ok((key, secret.into_inner()))
    }
}
