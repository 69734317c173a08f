//! Reads workspaces and members.

use contracts::tenancy::Membership;
use kernel::{TenantScope, Timestamp, UserId};

use crate::{Actor, MemberRow, Tenancy, TenancyError, WorkspaceRow, store};

impl Tenancy {
    /// The actor's workspace as they see it.
    pub async fn workspace(&self, actor: &Actor) -> Result<Membership, TenancyError> {
        store::membership(&self.db, actor.scope.workspace(), actor.user).await?.ok_or(TenancyError::NoWorkspace)
    }

    /// All workspaces of a user: the personal one first, then by name.
    pub async fn workspaces_of(&self, user: UserId) -> Result<Vec<Membership>, TenancyError> {
        Ok(store::memberships(&self.db, user).await?)
    }

    /// Members in the order they joined, after the given key, `limit` at the most.
    pub async fn members(
        &self,
        scope: &TenantScope,
        after: Option<(Timestamp, UserId)>,
        limit: u32,
    ) -> Result<Vec<MemberRow>, TenancyError> {
        Ok(store::members(&self.db, scope, after, i64::from(limit)).await?)
    }

    /// All workspaces of the platform in the order they were made. For operators.
    pub async fn all_workspaces(&self) -> Result<Vec<WorkspaceRow>, TenancyError> {
        Ok(store::workspaces(&self.db).await?)
    }
}
