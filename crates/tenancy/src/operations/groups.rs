//! Groups: list, make, rename, delete, and who is in them.

use contracts::{
    Audit as _,
    audit::{Action, Entry},
    tenancy::Role,
};
use database::Tx;
use kernel::{GroupId, Page, TenantScope, Timestamp, UserId};
use serde_json::json;

use super::begin;
use crate::{Actor, Group, MemberRow, Tenancy, TenancyError, store, store::groups};

/// Groups of a workspace.
pub(super) const MOST_GROUPS: i64 = 500;

impl Tenancy {
    /// Those after the name `after`, by name.
    pub async fn groups(
        &self,
        scope: &TenantScope,
        after: Option<String>,
        limit: u32,
    ) -> Result<Page<Group>, TenancyError> {
        let rows = groups::page(&self.db, scope, after.as_deref().unwrap_or_default(), i64::from(limit) + 1).await?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(Page::from_overfetch(rows, limit, |last| web::cursor::encode(&last.name)))
    }

    pub async fn group(&self, scope: &TenantScope, id: GroupId) -> Result<Group, TenancyError> {
        groups::find(&self.db, scope, id).await?.ok_or(TenancyError::NoGroup)
    }

    /// Makes a group without members.
    pub async fn create_group(&self, actor: &Actor, name: &str) -> Result<Group, TenancyError> {
        let group = Group { id: self.env.id(), name: name.to_owned(), members: 0, created_at: self.env.now() };
        let mut tx = self.locked(actor).await?;
        if groups::count(&mut tx, &actor.scope).await? >= MOST_GROUPS {
            return Err(TenancyError::TooManyGroups(MOST_GROUPS));
        }
        groups::insert(&mut tx, &actor.scope, &group).await.map_err(name_taken)?;
        let entry = Entry::of(Action::GroupCreated, &actor.scope).about(group.id).after(json!({ "name": name }));
        self.record(&mut tx, entry).await?;
        tx.commit().await?;
        Ok(group)
    }

    pub async fn rename_group(&self, actor: &Actor, id: GroupId, name: &str) -> Result<Group, TenancyError> {
        let mut tx = self.locked(actor).await?;
        let before = groups::name(&mut tx, &actor.scope, id).await?.ok_or(TenancyError::NoGroup)?;
        if before != name {
            groups::rename(&mut tx, &actor.scope, id, name, self.env.now()).await.map_err(name_taken)?;
            let entry = Entry::of(Action::GroupRenamed, &actor.scope).about(id);
            self.record(&mut tx, entry.before(json!({ "name": before })).after(json!({ "name": name }))).await?;
            tx.commit().await?;
        }
        self.group(&actor.scope, id).await
    }

    /// Deletes the group. Its members stay in the workspace; a budget over it counts nobody's use
    /// from now on.
    pub async fn delete_group(&self, actor: &Actor, id: GroupId) -> Result<(), TenancyError> {
        let mut tx = self.locked(actor).await?;
        let name = groups::name(&mut tx, &actor.scope, id).await?.ok_or(TenancyError::NoGroup)?;
        groups::delete(&mut tx, &actor.scope, id).await?;
        self.budgets.bump(&mut tx).await?;
        let entry = Entry::of(Action::GroupDeleted, &actor.scope).about(id).before(json!({ "name": name }));
        self.record(&mut tx, entry).await?;
        Ok(tx.commit().await?)
    }

    /// Members of a group in the order they joined the workspace, after the given key.
    pub async fn group_members(
        &self,
        scope: &TenantScope,
        id: GroupId,
        after: Option<(Timestamp, UserId)>,
        limit: u32,
    ) -> Result<Vec<MemberRow>, TenancyError> {
        self.group(scope, id).await?;
        Ok(groups::members(&self.db, scope, id, after, i64::from(limit)).await?)
    }

    /// Puts a member of the workspace into the group; who is in it already stays.
    pub async fn add_to_group(&self, actor: &Actor, id: GroupId, user: UserId) -> Result<(), TenancyError> {
        let mut tx = self.locked(actor).await?;
        let _: Role = self.in_both(&mut tx, &actor.scope, id, user).await?;
        if !groups::insert_member(&mut tx, &actor.scope, id, user, self.env.now()).await? {
            return Ok(());
        }
        self.budgets.bump(&mut tx).await?;
        let entry = Entry::of(Action::GroupMemberAdded, &actor.scope).about(id).after(json!({ "member": user }));
        self.record(&mut tx, entry).await?;
        Ok(tx.commit().await?)
    }

    /// Takes a member of the workspace out of the group, if they are in it.
    pub async fn remove_from_group(&self, actor: &Actor, id: GroupId, user: UserId) -> Result<(), TenancyError> {
        let mut tx = self.locked(actor).await?;
        let _: Role = self.in_both(&mut tx, &actor.scope, id, user).await?;
        if !groups::delete_member(&mut tx, &actor.scope, id, user).await? {
            return Ok(());
        }
        self.budgets.bump(&mut tx).await?;
        let entry = Entry::of(Action::GroupMemberRemoved, &actor.scope).about(id).before(json!({ "member": user }));
        self.record(&mut tx, entry).await?;
        Ok(tx.commit().await?)
    }

    /// The role of a member of the workspace that has the group.
    async fn in_both(&self, tx: &mut Tx, scope: &TenantScope, id: GroupId, user: UserId) -> Result<Role, TenancyError> {
        if !groups::exists(tx, scope, id).await? {
            return Err(TenancyError::NoGroup);
        }
        store::role_of(tx, scope, user).await?.ok_or(TenancyError::NoMember)
    }

    /// A transaction that no other change of the workspace's members and groups is beside of. A new
    /// budget over a group waits for it too, so that it begins with what its members have spent.
    async fn locked(&self, actor: &Actor) -> Result<Tx, TenancyError> {
        let mut tx = begin(self, actor).await?;
        if !store::lock_workspace(&mut tx, &actor.scope).await? {
            return Err(TenancyError::NoWorkspace);
        }
        Ok(tx)
    }
}

fn name_taken(error: database::Error) -> TenancyError {
    if error.is_unique_violation() { TenancyError::GroupNameTaken } else { error.into() }
}
