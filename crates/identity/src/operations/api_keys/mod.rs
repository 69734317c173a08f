//! What can be done with API keys.

mod authenticate;
mod bounds;
mod create;
mod list;
mod revoke;
mod rotate;
mod update;

use std::sync::Arc;

use contracts::{
    audit::{Action, Entry},
    identity::ApiKey,
    tenancy::{Permission, Permissions},
};
use database::Tx;
use events::outbox::NewEvent;
use kernel::{TenantScope, UserId};
use serde_json::{Value, json};

use crate::{Identity, IdentityError, model::ApiKeyInfo};

pub(crate) use authenticate::KeyCache;
pub use create::NewApiKey;
pub use update::KeyChanges;

/// Who works on API keys.
#[derive(Debug, Clone)]
pub struct KeyActor {
    pub user: UserId,
    pub scope: TenantScope,
    pub permissions: Permissions,
    /// The key that they do it with; none: they are signed in.
    pub key: Option<Arc<ApiKey>>,
}

impl KeyActor {
    /// Whether they see everybody's keys.
    fn manages(&self) -> bool {
        self.permissions.contains(Permission::ManageKeys)
    }
}

impl Identity {
    /// Refuses an actor to whom `key` is not to be seen, or who may not change it: it is somebody
    /// else's, and they manage no keys; or its owner may do what they may not.
    async fn may_change(&self, actor: &KeyActor, key: &ApiKeyInfo) -> Result<(), IdentityError> {
        if key.user.id == actor.user {
            return Ok(());
        }
        if !actor.manages() {
            return Err(IdentityError::NoKey);
        }
        let owner = self.tenancy.membership(actor.scope.workspace(), key.user.id).await?;
        if owner.is_some_and(|owner| !actor.permissions.covers(owner.permissions)) {
            return Err(IdentityError::KeyNotYours("This API key belongs to somebody who may do more than you."));
        }
        Ok(())
    }

    /// Writes an event about `key` into the transaction, and into the audit log how it was and is, without
    /// anything of its secret.
    async fn tell_of_key(
        &self,
        tx: &mut Tx,
        actor: &KeyActor,
        action: Action,
        (before, after): (Option<Value>, Option<Value>),
        key: &ApiKeyInfo,
    ) -> Result<(), IdentityError> {
        let payload = json!({
            "api_key_id": key.id,
            "name": key.name,
            "prefix": key.prefix,
            "user_id": key.user.id,
            "actor_id": actor.user,
        });
        let event_type = action.as_str();
        let event = NewEvent { event_type, subject: key.id.uuid(), payload: payload.to_string() };
        self.outbox.append(tx, &actor.scope, event).await?;
        let entry = Entry { before, after, ..Entry::of(action, &actor.scope).about(key.id) };
        Ok(self.audit.record(tx, entry).await?)
    }
}

/// What a key may do, for the audit log.
fn state(key: &ApiKeyInfo) -> Value {
    json!({
        "name": key.name,
        "owner": key.user.id,
        "scopes": key.scopes,
        "models": key.models,
        "requests_per_minute": key.requests_per_minute,
        "tokens_per_minute": key.tokens_per_minute,
        "allowed_ips": key.allowed_ips,
        "expires_at": key.expires_at,
    })
}
