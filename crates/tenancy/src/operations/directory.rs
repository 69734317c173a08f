//! What a workspace's directory does to members and groups: the same rules as for people, on the word of SCIM.

use async_trait::async_trait;
use contracts::{
    Audit as _, Directory,
    audit::{Action, Entry},
    directory::{Dismissal, GroupRefusal, Settled},
    tenancy::Role,
};
use database::Tx;
use kernel::{GroupId, TenantScope, UserId};
use serde_json::json;

use super::groups::MOST_GROUPS;
use crate::{
    Group, Tenancy,
    store::{self, deletion, groups},
};

#[async_trait]
impl Directory for Tenancy {
    async fn enlist(
        &self,
        tx: &mut Tx,
        scope: &TenantScope,
        user: UserId,
        role: Role,
    ) -> Result<bool, database::Error> {
        // Nobody becomes an owner by a directory.
        let role = role.min(Role::Admin);
        if !store::lock_workspace(tx, scope).await? || deletion::is_personal(tx, scope).await? != Some(false) {
            return Ok(false);
        }
        if !store::insert_member(tx, scope, user, (role, None), self.env.now()).await? {
            return Ok(true);
        }
        self.keys.bump(tx).await?;
        let entry = Entry::of(Action::MemberAdded, scope).about(user).after(json!({ "role": role }));
        self.record(tx, entry).await?;
        Ok(true)
    }

    async fn dismiss(&self, tx: &mut Tx, scope: &TenantScope, user: UserId) -> Result<Dismissal, database::Error> {
        store::lock_workspace(tx, scope).await?;
        let role = match store::role_of(tx, scope, user).await? {
            None => return Ok(Dismissal::NoMember),
            Some(Role::Owner) => return Ok(Dismissal::Owner),
            Some(role) => role,
        };
        store::delete_member(tx, scope, user).await?;
        self.keys.bump(tx).await?;
        // They have left their groups with it.
        self.budgets.bump(tx).await?;
        let entry = Entry::of(Action::MemberRemoved, scope).about(user).before(json!({ "role": role }));
        self.record(tx, entry).await?;
        Ok(Dismissal::Done)
    }

    async fn make_group(&self, tx: &mut Tx, scope: &TenantScope, name: &str) -> Settled<GroupId> {
        let group = Group::empty(self.env.id(), name, self.env.now());
        store::lock_workspace(tx, scope).await?;
        if groups::count(tx, scope).await? >= MOST_GROUPS {
            return Ok(Err(GroupRefusal::TooMany));
        }
        match groups::insert(tx, scope, &group).await {
            Err(error) if error.is_unique_violation() => return Ok(Err(GroupRefusal::NameTaken)),
            inserted => inserted?,
        }
        let entry = Entry::of(Action::GroupCreated, scope).about(group.id).after(json!({ "name": name }));
        self.record(tx, entry).await?;
        Ok(Ok(group.id))
    }

    async fn name_group(&self, tx: &mut Tx, scope: &TenantScope, id: GroupId, name: &str) -> Settled<()> {
        store::lock_workspace(tx, scope).await?;
        let Some(before) = groups::name(tx, scope, id).await? else { return Ok(Err(GroupRefusal::NoGroup)) };
        if before == name {
            return Ok(Ok(()));
        }
        match groups::rename(tx, scope, id, name, self.env.now()).await {
            Err(error) if error.is_unique_violation() => return Ok(Err(GroupRefusal::NameTaken)),
            renamed => renamed?,
        }
        let entry = Entry::of(Action::GroupRenamed, scope).about(id);
        self.record(tx, entry.before(json!({ "name": before })).after(json!({ "name": name }))).await?;
        Ok(Ok(()))
    }

    async fn drop_group(&self, tx: &mut Tx, scope: &TenantScope, id: GroupId) -> Settled<()> {
        store::lock_workspace(tx, scope).await?;
        let Some(name) = groups::name(tx, scope, id).await? else { return Ok(Err(GroupRefusal::NoGroup)) };
        groups::delete(tx, scope, id).await?;
        // The group may have had a role.
        self.keys.bump(tx).await?;
        self.budgets.bump(tx).await?;
        let entry = Entry::of(Action::GroupDeleted, scope).about(id).before(json!({ "name": name }));
        self.record(tx, entry).await?;
        Ok(Ok(()))
    }

    async fn move_members(
        &self,
        tx: &mut Tx,
        scope: &TenantScope,
        id: GroupId,
        put_in: &[UserId],
        taken_out: &[UserId],
    ) -> Settled<()> {
        store::lock_workspace(tx, scope).await?;
        if groups::name(tx, scope, id).await?.is_none() {
            return Ok(Err(GroupRefusal::NoGroup));
        }
        let now = self.env.now();
        let mut entries = Vec::new();
        for user in put_in {
            if store::role_of(tx, scope, *user).await?.is_none() {
                return Ok(Err(GroupRefusal::NoMember));
            }
            if groups::insert_member(tx, scope, id, *user, now).await? {
                entries.push(Entry::of(Action::GroupMemberAdded, scope).about(id).after(json!({ "member": user })));
            }
        }
        for user in taken_out {
            if groups::delete_member(tx, scope, id, *user).await? {
                entries.push(Entry::of(Action::GroupMemberRemoved, scope).about(id).before(json!({ "member": user })));
            }
        }
        if entries.is_empty() {
            return Ok(Ok(()));
        }
        // The group may have a role.
        self.keys.bump(tx).await?;
        self.budgets.bump(tx).await?;
        for entry in entries {
            self.record(tx, entry).await?;
        }
        Ok(Ok(()))
    }
}
