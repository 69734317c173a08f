//! Gives an API key another secret.

use std::time::Duration;

use contracts::audit::Action;
use kernel::ApiKeyId;
use secrecy::SecretString;
use serde_json::json;

use super::{KeyActor, bounds::keep_within};
use crate::{Identity, IdentityError, model::ApiKeyInfo, secret::Secret, store::api_keys};

impl Identity {
    /// Gives the key a new secret. The one until now goes on for `grace`, so that programs can be
    /// changed over; one that was in its grace already ends.
    ///
    /// Only the key's owner may: the secret is shown to whoever asks, and acts as its owner.
    pub async fn rotate_key(
        &self,
        actor: &KeyActor,
        id: ApiKeyId,
        grace: Duration,
    ) -> Result<(ApiKeyInfo, SecretString), IdentityError> {
        if self.key(actor, id).await?.user.id != actor.user {
            return Err(IdentityError::KeyNotYours(
                "Only its owner may rotate an API key, for the new secret acts as them. You can revoke it.",
            ));
        }
        let now = self.env.now();
        let secret = Secret::new(&self.env);
        let prefix = secret.prefix();
        let mut tx = self.db.begin(actor.scope).await?;
        let own = actor.own_key(&mut tx).await?;
        let mut key = api_keys::lock(&mut tx, &actor.scope, id).await?.ok_or(IdentityError::NoKey)?;
        if key.revoked_at.is_some() {
            return Err(IdentityError::KeyRevoked);
        }
        keep_within(own.as_ref(), &key.grant())?;
        let previous_until = (!grace.is_zero()).then(|| now + grace);
        api_keys::rotate(&mut tx, &actor.scope, id, (&prefix, secret.hash()), previous_until, now).await?;
        key.prefix = prefix;
        self.key_epochs.bump(&mut tx).await?;
        let after = json!({ "previous_until": previous_until });
        self.tell_of_key(&mut tx, actor, Action::ApiKeyRotated, (None, Some(after)), &key).await?;
        tx.commit().await?;
        Ok((key, secret.into_inner()))
    }
}
