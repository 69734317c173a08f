//! Gives a workspace another name.

use contracts::{
    Audit as _,
    audit::{Action, Entry},
    tenancy::Membership,
};
use serde_json::json;

use super::begin;
use crate::{Actor, Tenancy, TenancyError, store};

impl Tenancy {
    /// Renames the actor's workspace and gives it back as the actor sees it.
    pub async fn rename_workspace(&self, actor: &Actor, name: &str) -> Result<Membership, TenancyError> {
        let mut tx = begin(self, actor).await?;
        store::lock_workspace(&mut tx, &actor.scope).await?;
        let before =
            store::invitations::workspace_name(&mut tx, &actor.scope).await?.ok_or(TenancyError::NoWorkspace)?;
        if before != name {
            store::rename_workspace(&mut tx, &actor.scope, name, self.env.now()).await?;
            let entry = Entry::of(Action::WorkspaceRenamed, &actor.scope).about(actor.scope.workspace());
            self.record(&mut tx, entry.before(json!({ "name": before })).after(json!({ "name": name }))).await?;
            tx.commit().await?;
        }
        self.workspace(actor).await
    }
}
