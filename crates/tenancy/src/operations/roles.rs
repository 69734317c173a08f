//! Roles of a workspace's own: list, make, change, delete; and why somebody may do something.

use contracts::{
    Audit as _,
    audit::{Action, Entry},
    tenancy::{Permission, Permissions, Role, RoleChoice},
};
use database::Tx;
use kernel::{RoleId, TenantScope, UserId};

use super::{begin, standing, within};
use crate::{
    Actor, MemberPermissions, NewRole, RoleChanges, StoredRole, Tenancy, TenancyError, WorkspaceRole, store::roles,
};

/// Roles that a workspace can make.
const MOST_ROLES: i64 = 100;

impl Tenancy {
    /// The built-in ones, the highest first, then the workspace's own by name.
    pub async fn roles(&self, scope: &TenantScope) -> Result<Vec<WorkspaceRole>, TenancyError> {
        let (own, uses) = (roles::all(&self.db, scope).await?, roles::uses(&self.db, scope).await?);
        let used = |id: RoleChoice| {
            let of = uses.iter().filter(|used| used.role == id);
            of.fold((0, 0), |(members, groups), used| (members + used.members, groups + used.groups))
        };
        let built_in = [Role::Owner, Role::Admin, Role::Member, Role::Guest].map(|role| {
            let (members, groups) = used(role.into());
            WorkspaceRole {
                id: role.into(),
                name: role.as_str().to_owned(),
                description: String::new(),
                built_in: true,
                base: [Role::Admin, Role::Member, Role::Guest].into_iter().find(|lower| *lower < role),
                permissions: role.permissions(),
                members,
                groups,
                created_at: None,
                updated_at: None,
            }
        });
        let own = own.into_iter().map(|role| shown(&role, used(RoleChoice::Custom(role.id))));
        Ok(built_in.into_iter().chain(own).collect())
    }

    /// One of the workspace's own.
    pub async fn role(&self, scope: &TenantScope, id: RoleId) -> Result<WorkspaceRole, TenancyError> {
        let all = self.roles(scope).await?;
        all.into_iter().find(|role| role.id == RoleChoice::Custom(id)).ok_or(TenancyError::NoRole)
    }

    /// Makes a role that allows nothing that the actor may not do.
    pub async fn create_role(&self, actor: &Actor, new: NewRole) -> Result<WorkspaceRole, TenancyError> {
        let now = self.env.now();
        let role = StoredRole {
            id: self.env.id(),
            name: new.name,
            description: new.description,
            base: new.base,
            listed: beyond(new.permissions, new.base),
            created_at: now,
            updated_at: now,
        };
        let mut tx = begin(self, actor).await?;
        let own = manages(&mut tx, actor).await?;
        within(own, role.held().permissions)?;
        check_name(&role.name)?;
        if roles::count(&mut tx, &actor.scope).await? >= MOST_ROLES {
            return Err(TenancyError::TooManyRoles(MOST_ROLES));
        }
        roles::insert(&mut tx, &actor.scope, &role).await.map_err(name_taken)?;
        let entry = Entry::of(Action::RoleCreated, &actor.scope).about(role.id).after(role.told());
        self.record(&mut tx, entry).await?;
        tx.commit().await?;
        Ok(shown(&role, (0, 0)))
    }

    /// Changes a role, for everybody who has it. It allows nothing that the actor may not do, before or after.
    pub async fn update_role(
        &self,
        actor: &Actor,
        id: RoleId,
        changes: RoleChanges,
    ) -> Result<WorkspaceRole, TenancyError> {
        let mut tx = begin(self, actor).await?;
        let own = manages(&mut tx, actor).await?;
        let before = roles::find(&mut tx, &actor.scope, id).await?.ok_or(TenancyError::NoRole)?;
        let base = changes.base.unwrap_or(before.base);
        let after = StoredRole {
            name: changes.name.unwrap_or_else(|| before.name.clone()),
            description: changes.description.unwrap_or_else(|| before.description.clone()),
            base,
            listed: beyond(changes.permissions.unwrap_or(before.listed), base),
            updated_at: self.env.now(),
            ..before
        };
        within(own, before.held().permissions)?;
        within(own, after.held().permissions)?;
        check_name(&after.name)?;
        if after.told() != before.told() {
            roles::update(&mut tx, &actor.scope, &after).await.map_err(name_taken)?;
            if after.base != before.base {
                roles::rebase(&mut tx, &actor.scope, &after).await?;
            }
            self.keys.bump(&mut tx).await?;
            let entry = Entry::of(Action::RoleUpdated, &actor.scope).about(id);
            self.record(&mut tx, entry.before(before.told()).after(after.told())).await?;
            tx.commit().await?;
        }
        self.role(&actor.scope, id).await
    }

    /// Deletes a role that nobody has any more.
    pub async fn delete_role(&self, actor: &Actor, id: RoleId) -> Result<(), TenancyError> {
        let mut tx = begin(self, actor).await?;
        let own = manages(&mut tx, actor).await?;
        let role = roles::find(&mut tx, &actor.scope, id).await?.ok_or(TenancyError::NoRole)?;
        within(own, role.held().permissions)?;
        let (members, groups, invitations) = roles::users_of(&mut tx, &actor.scope, id).await?;
        if members + groups + invitations > 0 {
            return Err(TenancyError::RoleInUse { members, groups, invitations });
        }
        roles::delete(&mut tx, &actor.scope, id).await?;
        let entry = Entry::of(Action::RoleDeleted, &actor.scope).about(id).before(role.told());
        self.record(&mut tx, entry).await?;
        Ok(tx.commit().await?)
    }

    /// What the member may do, each with all that grants it.
    pub async fn explain(&self, scope: &TenantScope, user: UserId) -> Result<MemberPermissions, TenancyError> {
        let standing = roles::standing_now(&self.db, scope, user).await?.ok_or(TenancyError::NoMember)?;
        Ok(MemberPermissions { user_id: user, permissions: standing.explain() })
    }
}

/// What the actor may do, if they may manage roles. Locks the workspace's memberships.
async fn manages(tx: &mut Tx, actor: &Actor) -> Result<Permissions, TenancyError> {
    let own = standing(tx, actor).await?;
    if !own.may(Permission::ManageRoles) {
        return Err(TenancyError::NotAllowed(Permission::ManageRoles));
    }
    Ok(own.permissions())
}

/// What has to be listed, as the base does not have it.
fn beyond(permissions: Permissions, base: Option<Role>) -> Permissions {
    permissions.without(base.map(Role::permissions).unwrap_or_default())
}

/// A role of the name of a built-in one would be taken for it.
fn check_name(name: &str) -> Result<(), TenancyError> {
    match Role::from_name(&name.to_lowercase()) {
        Some(_) => Err(TenancyError::RoleNameTaken),
        None => Ok(()),
    }
}

fn shown(role: &StoredRole, (members, groups): (i64, i64)) -> WorkspaceRole {
    WorkspaceRole {
        id: RoleChoice::Custom(role.id),
        name: role.name.clone(),
        description: role.description.clone(),
        built_in: false,
        base: role.base,
        permissions: role.held().permissions,
        members,
        groups,
        created_at: Some(role.created_at),
        updated_at: Some(role.updated_at),
    }
}

fn name_taken(error: database::Error) -> TenancyError {
    if error.is_unique_violation() { TenancyError::RoleNameTaken } else { error.into() }
}
