//! What administrators of the platform do with workspaces. Whether somebody is one is checked before.

use contracts::{
    Audit as _,
    audit::{Action, Entry},
};
use kernel::{TenantScope, WorkspaceId};
use serde_json::json;

use super::GRACE;
use crate::{
    DeletedWorkspace, PlatformWorkspace, Tenancy, TenancyError, WorkspaceFilter,
    store::{self, deletion, platform},
};

/// The longest reason, in characters.
pub const MAX_REASON: usize = 500;

impl Tenancy {
    /// Workspaces of all tenants that pass the filter, the newest first, below the given id.
    pub async fn platform_workspaces(
        &self,
        filter: &WorkspaceFilter,
        before: Option<WorkspaceId>,
        limit: u32,
    ) -> Result<Vec<PlatformWorkspace>, TenancyError> {
        Ok(platform::page(&self.db, filter, &self.default_plan, before, i64::from(limit)).await?)
    }

    /// One of them, whatever has become of it.
    pub async fn platform_workspace(&self, id: WorkspaceId) -> Result<PlatformWorkspace, TenancyError> {
        platform::find(&self.db, id, &self.default_plan).await?.ok_or(TenancyError::NoWorkspace)
    }

    /// Closes a workspace to its members and keys from their next request on, and ends its answers under
    /// way: processes look for closed workspaces a few times a second.
    pub async fn suspend_workspace(&self, id: WorkspaceId, reason: &str) -> Result<PlatformWorkspace, TenancyError> {
        let scope = TenantScope::assume(id);
        let mut tx = self.db.begin(&scope).await?;
        if !store::lock_workspace(&mut tx, &scope).await? {
            return Err(TenancyError::NoWorkspace);
        }
        if !platform::suspend(&mut tx, &scope, reason, self.env.now()).await? {
            return Err(TenancyError::NotOpen);
        }
        self.keys.bump(&mut tx).await?;
        let entry = Entry::of(Action::WorkspaceSuspended, &scope).about(id);
        self.record(&mut tx, entry.after(json!({ "reason": reason }))).await?;
        tx.commit().await?;
        self.platform_workspace(id).await
    }

    /// Opens a suspended workspace again, as it was.
    pub async fn resume_workspace(&self, id: WorkspaceId) -> Result<PlatformWorkspace, TenancyError> {
        let scope = TenantScope::assume(id);
        let mut tx = self.db.begin(&scope).await?;
        if !store::lock_workspace(&mut tx, &scope).await? {
            return Err(TenancyError::NoWorkspace);
        }
        if !platform::resume(&mut tx, &scope, self.env.now()).await? {
            return Err(TenancyError::NotSuspended);
        }
        self.keys.bump(&mut tx).await?;
        self.record(&mut tx, Entry::of(Action::WorkspaceResumed, &scope).about(id)).await?;
        tx.commit().await?;
        self.platform_workspace(id).await
    }

    /// Deletes any workspace, personal ones too. Within [`GRACE`] it can be restored.
    pub async fn platform_delete_workspace(&self, id: WorkspaceId) -> Result<DeletedWorkspace, TenancyError> {
        let scope = TenantScope::assume(id);
        let now = self.env.now();
        let mut tx = self.db.begin(&scope).await?;
        if !store::lock_workspace(&mut tx, &scope).await? {
            return Err(TenancyError::NoWorkspace);
        }
        let deleted = deletion::close(&mut tx, &scope, now, now + GRACE).await?.ok_or(TenancyError::NotOpen)?;
        self.keys.bump(&mut tx).await?;
        let entry = Entry::of(Action::WorkspaceDeleted, &scope).about(id);
        self.record(&mut tx, entry.after(json!({ "name": deleted.name, "purges_at": deleted.purges_at }))).await?;
        tx.commit().await?;
        Ok(deleted)
    }

    /// Gives back a workspace that anybody has deleted.
    pub async fn platform_restore_workspace(&self, id: WorkspaceId) -> Result<PlatformWorkspace, TenancyError> {
        let scope = TenantScope::assume(id);
        let mut tx = self.db.begin(&scope).await?;
        if !deletion::reopen(&mut tx, &scope, self.env.now()).await? {
            return Err(TenancyError::NoWorkspace);
        }
        self.keys.bump(&mut tx).await?;
        self.record(&mut tx, Entry::of(Action::WorkspaceRestored, &scope).about(id)).await?;
        tx.commit().await?;
        self.platform_workspace(id).await
    }
}
