//! Makes a workspace whose maker owns it.

use contracts::{
    Audit as _,
    audit::{Action, Entry},
    tenancy::{Membership, Role},
};
use database::{Platform, Tx};
use kernel::{TenantScope, UserId};
use serde_json::json;

use crate::{Tenancy, TenancyError, store};

impl Tenancy {
    /// Makes a shared workspace; `owner` owns it.
    pub async fn create_workspace(&self, owner: UserId, name: &str) -> Result<Membership, TenancyError> {
        // The tenant does not exist before this transaction.
        let mut tx = self.db.begin(Platform).await?;
        let membership = self.insert_workspace(&mut tx, owner, name, false).await?;
        tx.commit().await?;
        Ok(membership)
    }

    /// Writes the workspace and its first owner in the caller's transaction of platform scope.
    pub(crate) async fn insert_workspace(
        &self,
        tx: &mut Tx,
        owner: UserId,
        name: &str,
        personal: bool,
    ) -> Result<Membership, database::Error> {
        let membership = Membership {
            workspace_name: name.to_owned(),
            personal,
            created_at: self.env.now(),
            ..Membership::new(self.env.id(), Role::Owner)
        };
        let scope = TenantScope::assume(membership.workspace);
        store::insert_workspace(tx, membership.workspace, name, personal, membership.created_at).await?;
        store::insert_member(tx, &scope, owner, (membership.role, None), membership.created_at).await?;
        let entry = Entry::of(Action::WorkspaceCreated, &scope).about(membership.workspace).by(owner);
        self.record(tx, entry.after(json!({ "name": name, "personal": personal, "owner": owner }))).await?;
        Ok(membership)
    }
}
