//! Deletes a workspace, gives it back within its grace, and purges it afterwards.

use std::time::Duration;

use contracts::{
    Audit as _,
    audit::{Action, Entry},
    tenancy::{Membership, Permission, Role},
};
use database::Platform;
use kernel::{TenantScope, UserId, WorkspaceId};
use serde_json::json;

use super::{begin, standing};
use crate::{Actor, DeletedWorkspace, Tenancy, TenancyError, store::deletion};

/// How long a deleted workspace can be restored.
pub const GRACE: Duration = Duration::from_secs(14 * 24 * 60 * 60);
/// Workspaces purged in one round.
const ROUND: i64 = 20;

impl Tenancy {
    /// Closes the actor's workspace at once, for members and keys alike. Its owners can restore it
    /// for [`GRACE`].
    pub async fn delete_workspace(&self, actor: &Actor) -> Result<DeletedWorkspace, TenancyError> {
        let now = self.env.now();
        let mut tx = begin(self, actor).await?;
        if !standing(&mut tx, actor).await?.may(Permission::DeleteWorkspace) {
            return Err(TenancyError::NotAllowed(Permission::DeleteWorkspace));
        }
        if deletion::is_personal(&mut tx, &actor.scope).await?.ok_or(TenancyError::NoWorkspace)? {
            return Err(TenancyError::Personal);
        }
        let deleted = deletion::close(&mut tx, &actor.scope, now, now + GRACE).await?;
        let deleted = deleted.ok_or(TenancyError::NoWorkspace)?;
        self.keys.bump(&mut tx).await?;
        let entry = Entry::of(Action::WorkspaceDeleted, &actor.scope).about(deleted.id);
        self.record(&mut tx, entry.after(json!({ "name": deleted.name, "purges_at": deleted.purges_at }))).await?;
        tx.commit().await?;
        Ok(deleted)
    }

    /// The deleted workspaces that a user may restore, the last deleted first.
    pub async fn deleted_workspaces(&self, user: UserId) -> Result<Vec<DeletedWorkspace>, TenancyError> {
        Ok(deletion::of_owner(&self.db, user).await?)
    }

    /// Opens a deleted workspace again, as it was, for one of its owners.
    pub async fn restore_workspace(&self, user: UserId, workspace: WorkspaceId) -> Result<Membership, TenancyError> {
        let actor = Actor { user, scope: TenantScope::assume(workspace) };
        let mut tx = begin(self, &actor).await?;
        // To anybody else it does not exist.
        if standing(&mut tx, &actor).await?.own.role != Role::Owner
            || !deletion::reopen(&mut tx, &actor.scope, self.env.now()).await?
        {
            return Err(TenancyError::NoWorkspace);
        }
        self.keys.bump(&mut tx).await?;
        self.record(&mut tx, Entry::of(Action::WorkspaceRestored, &actor.scope).about(workspace)).await?;
        tx.commit().await?;
        self.workspace(&actor).await
    }

    /// Deletes for good the workspaces whose grace is over, with every row of theirs that refers to
    /// them. Tells which.
    pub async fn purge(&self) -> Result<Vec<WorkspaceId>, database::Error> {
        let now = self.env.now();
        let mut purged = Vec::new();
        for workspace in deletion::due(&self.db, now, ROUND).await? {
            // Its last act: afterwards there is no tenant whose scope it could be, nor whose audit log.
            let mut tx = self.db.begin(Platform).await?;
            if deletion::purge(&mut tx, workspace, now).await? {
                self.record(&mut tx, Entry::platform(Action::WorkspacePurged).about(workspace)).await?;
                tx.commit().await?;
                purged.push(workspace);
            }
        }
        Ok(purged)
    }
}
