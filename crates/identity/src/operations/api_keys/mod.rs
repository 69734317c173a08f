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
    identity::ApiKey,
    tenancy::{Permission, Role},
};
use database::Tx;
use events::outbox::NewEvent;
use kernel::{TenantScope, UserId};
use serde_json::json;

use crate::{Identity, IdentityError, model::ApiKeyInfo};

pub(crate) use authenticate::KeyCache;
pub use create::NewApiKey;
pub use update::KeyChanges;

/// Who works on API keys.
#[derive(Debug, Clone)]
pub struct KeyActor {
    pub user: UserId,
    pub scope: TenantScope,
    pub role: Role,
    /// The key that they do it with; none: they are signed in.
    pub key: Option<Arc<ApiKey>>,
}

impl KeyActor {
    /// Whether they see everybody's keys.
    fn manages(&self) -> bool {
        self.role.grants(Permission::ManageKeys)
    }
}

impl Identity {
    /// Refuses an actor to whom `key` is not to be seen, or who may not change it: it is somebody
    /// else's, and they manage no keys; or its owner is above them.
    async fn may_change(&self, actor: &KeyActor, key: &ApiKeyInfo) -> Result<(), IdentityError> {
        if key.user.id == actor.user {
            return Ok(());
        }
        if !actor.manages() {
            return Err(IdentityError::NoKey);
        }
        let owner = self.tenancy.membership(actor.scope.workspace(), key.user.id).await?;
        if owner.is_some_and(|owner| owner.role > actor.role) {
            return Err(IdentityError::KeyNotYours("This API key belongs to somebody whose role is above yours."));
        }
        Ok(())
    }

    /// Writes an event about `key` into the transaction, without anything of its secret.
    async fn tell_of_key(
        &self,
        tx: &mut Tx,
        actor: &KeyActor,
        key: &ApiKeyInfo,
        event_type: &str,
    ) -> Result<(), IdentityError> {
        let payload = json!({
            "api_key_id": key.id,
            "name": key.name,
            "prefix": key.prefix,
            "user_id": key.user.id,
            "actor_id": actor.user,
        });
        let event = NewEvent { event_type, subject: key.id.uuid(), payload: payload.to_string() };
        Ok(self.outbox.append(tx, &actor.scope, event).await?)
    }
}

/// A line of the audit log.
fn audit(event: &'static str, actor: &KeyActor, key: &ApiKeyInfo) {
    tracing::info!(
        target: "audit",
        event,
        workspace = %actor.scope.workspace(),
        user = %actor.user,
        with_key = actor.key.as_ref().map(|key| tracing::field::display(key.id)),
        key = %key.id,
        owner = %key.user.id,
    );
}
