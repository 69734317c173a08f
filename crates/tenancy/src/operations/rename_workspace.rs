//! Gives a workspace another name.

use contracts::tenancy::Membership;

use crate::{Actor, Tenancy, TenancyError, store};

impl Tenancy {
    /// Renames the actor's workspace and gives it back as the actor sees it.
    pub async fn rename_workspace(&self, actor: &Actor, name: &str) -> Result<Membership, TenancyError> {
        if !store::rename_workspace(&self.db, &actor.scope, name, self.env.now()).await? {
            return Err(TenancyError::NoWorkspace);
        }
        tracing::info!(target: "audit", event = "workspace.renamed", workspace = %actor.scope.workspace(), user = %actor.user);
        self.workspace(actor).await
    }
}
