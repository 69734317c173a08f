//! Puts a user into a workspace, on an operator's order.

use contracts::{
    Audit as _,
    audit::{Action, Entry},
    tenancy::Role,
};
use kernel::{TenantScope, UserId, WorkspaceId};
use serde_json::json;

use crate::{Tenancy, TenancyError, store};

impl Tenancy {
    /// Makes the user a member. Nobody's role is asked: only the operator's command line and
    /// other contexts, which checked already, may call this.
    pub async fn add_member(&self, workspace: WorkspaceId, user: UserId, role: Role) -> Result<(), TenancyError> {
        let scope = TenantScope::assume(workspace);
        let mut tx = self.db.begin(&scope).await?;
        if !store::lock_workspace(&mut tx, &scope).await? {
            return Err(TenancyError::NoWorkspace);
        }
        if !store::insert_member(&mut tx, &scope, user, (role, None), self.env.now()).await? {
            return Err(TenancyError::AlreadyMember);
        }
        // Somebody who comes back finds the keys that they had.
        self.keys.bump(&mut tx).await?;
        let entry = Entry::of(Action::MemberAdded, &scope).about(user).after(json!({ "role": role }));
        self.record(&mut tx, entry).await?;
        Ok(tx.commit().await?)
    }
}
