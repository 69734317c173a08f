//! Groups: list, make, rename, delete, and who is in them.

use contracts::{
    Audit as _,
    audit::{Action, Entry},
    tenancy::{Permission, Role, RoleChoice},
};
use database::Tx;
use kernel::{GroupId, Page, TenantScope, Timestamp, UserId};
use serde_json::json;

use super::{begin, standing, within};
use crate::{
    Actor, Group, HeldRole, MemberRow, Tenancy, TenancyError, store,
    store::{groups, roles},
};

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
        let group = Group::empty(self.env.id(), name, self.env.now());
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
        self.may_move(&mut tx, actor, id).await?;
        groups::delete(&mut tx, &actor.scope, id).await?;
        self.budgets.bump(&mut tx).await?;
        let entry = Entry::of(Action::GroupDeleted, &actor.scope).about(id).before(json!({ "name": name }));
        self.record(&mut tx, entry).await?;
        Ok(tx.commit().await?)
    }

    /// Gives whoever is in the group a role beside their own, or takes it from them. It allows nothing that the actor
    /// may not do, before or after, and makes nobody an owner.
    pub async fn give_group_role(
        &self,
        actor: &Actor,
        id: GroupId,
        role: Option<RoleChoice>,
    ) -> Result<Group, TenancyError> {
        let mut tx = begin(self, actor).await?;
        let own = standing(&mut tx, actor).await?;
        if !own.may(Permission::ManageRoles) {
            return Err(TenancyError::NotAllowed(Permission::ManageRoles));
        }
        let own = own.permissions();
        let before = roles::of_group(&mut tx, &actor.scope, id).await?.ok_or(TenancyError::NoGroup)?;
        let after = match role {
            None => None,
            Some(choice) => Some(roles::resolve(&mut tx, &actor.scope, choice).await?.ok_or(TenancyError::NoRole)?),
        };
        for role in before.iter().chain(&after) {
            within(own, role.permissions)?;
        }
        if after.as_ref().is_some_and(|role| role.role == Role::Owner) {
            return Err(TenancyError::OwnersAreNoGroup);
        }
        if before != after {
            roles::give_group(&mut tx, &actor.scope, id, after.as_ref(), self.env.now()).await?;
            self.keys.bump(&mut tx).await?;
            let entry = Entry::of(Action::GroupRoleChanged, &actor.scope).about(id);
            let told = |role: &Option<HeldRole>| role.as_ref().map_or_else(|| json!({ "role": null }), HeldRole::told);
            self.record(&mut tx, entry.before(told(&before)).after(told(&after))).await?;
            tx.commit().await?;
        }
        self.group(&actor.scope, id).await
    }

    /// Refuses to move people in or out of a group whose role allows what the actor may not do. If it has a role, what
    /// is cached of memberships is told.
    async fn may_move(&self, tx: &mut Tx, actor: &Actor, id: GroupId) -> Result<(), TenancyError> {
        let role = roles::of_group(tx, &actor.scope, id).await?.ok_or(TenancyError::NoGroup)?;
        if let Some(role) = role {
            within(standing(tx, actor).await?.permissions(), role.permissions)?;
            self.keys.bump(tx).await?;
        }
        Ok(())
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
        self.may_move(&mut tx, actor, id).await?;
        if store::role_of(&mut tx, &actor.scope, user).await?.is_none() {
            return Err(TenancyError::NoMember);
        }
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
        self.may_move(&mut tx, actor, id).await?;
        if store::role_of(&mut tx, &actor.scope, user).await?.is_none() {
            return Err(TenancyError::NoMember);
        }
        if !groups::delete_member(&mut tx, &actor.scope, id, user).await? {
            return Ok(());
        }
        self.budgets.bump(&mut tx).await?;
        let entry = Entry::of(Action::GroupMemberRemoved, &actor.scope).about(id).before(json!({ "member": user }));
        self.record(&mut tx, entry).await?;
        Ok(tx.commit().await?)
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
