//! Makes a workspace whose maker owns it.

use contracts::tenancy::{Membership, Role};
use database::{Platform, Tx};
use kernel::{Env, TenantScope, UserId};

use crate::{Tenancy, TenancyError, store};

impl Tenancy {
    /// Makes a shared workspace; `owner` owns it.
    pub async fn create_workspace(&self, owner: UserId, name: &str) -> Result<Membership, TenancyError> {
        // The tenant does not exist before this transaction.
        let mut tx = self.db.begin(Platform).await?;
        let membership = insert_workspace(&self.env, &mut tx, owner, name, false).await?;
        tx.commit().await?;
        tracing::info!(target: "audit", event = "workspace.created", workspace = %membership.workspace, user = %owner);
        Ok(membership)
    }
}

/// Writes the workspace and its first owner in the caller's transaction of platform scope.
pub(crate) async fn insert_workspace(
    env: &Env,
    tx: &mut Tx,
    owner: UserId,
    name: &str,
    personal: bool,
) -> Result<Membership, database::Error> {
    let membership = Membership {
        workspace: env.id(),
        workspace_name: name.to_owned(),
        personal,
        role: Role::Owner,
        created_at: env.now(),
    };
    let scope = TenantScope::assume(membership.workspace);
    store::insert_workspace(tx, membership.workspace, name, personal, membership.created_at).await?;
    store::insert_member(tx, &scope, owner, membership.role, membership.created_at).await?;
    Ok(membership)
}
