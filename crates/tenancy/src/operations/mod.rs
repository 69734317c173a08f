//! What can be done with workspaces and members; one file per verb.

mod accept_invitation;
mod add_member;
mod admit;
mod candidates;
mod create_workspace;
mod delete_workspace;
mod directory;
mod groups;
mod invite;
mod leave;
mod list;
mod personal;
mod platform;
mod profiles;
mod read_audit;
mod record_audit;
mod remove_member;
mod rename_workspace;
mod roles;
mod update_member;

use contracts::tenancy::{Permission, Permissions, Role};
use database::Tx;
use kernel::{TenantScope, UserId};

use crate::{Actor, Standing, TenancyError, store};

pub(crate) use admit::admit;
pub use delete_workspace::GRACE;
pub use platform::MAX_REASON;

/// What the actor may do as of now, with the workspace's memberships locked.
async fn standing(tx: &mut Tx, actor: &Actor) -> Result<Standing, TenancyError> {
    if !store::lock_workspace(tx, &actor.scope).await? {
        return Err(TenancyError::NoWorkspace);
    }
    store::roles::standing(tx, &actor.scope, actor.user).await?.ok_or(TenancyError::NoWorkspace)
}

/// What the actor and the target may do as of now, with the workspace's memberships locked, if the actor may manage
/// the target: they may do all that the target may.
async fn manage(tx: &mut Tx, actor: &Actor, target: UserId) -> Result<(Permissions, Standing), TenancyError> {
    let own = members_manager(tx, actor).await?;
    let theirs = store::roles::standing(tx, &actor.scope, target).await?.ok_or(TenancyError::NoMember)?;
    within(own, theirs.permissions())?;
    Ok((own, theirs))
}

/// What the actor may do, if they may manage members. Locks the workspace's memberships.
async fn members_manager(tx: &mut Tx, actor: &Actor) -> Result<Permissions, TenancyError> {
    let own = standing(tx, actor).await?;
    if !own.may(Permission::ManageMembers) {
        return Err(TenancyError::NotAllowed(Permission::ManageMembers));
    }
    Ok(own.permissions())
}

/// Refuses what allows more than `own` does.
const fn within(own: Permissions, other: Permissions) -> Result<(), TenancyError> {
    if own.covers(other) { Ok(()) } else { Err(TenancyError::BeyondOwn(other.without(own))) }
}

/// Refuses to take away an owner if there is no other. Call with the memberships locked.
async fn keep_an_owner(tx: &mut Tx, scope: &TenantScope, leaving: Role) -> Result<(), TenancyError> {
    if leaving == Role::Owner && store::count_owners(tx, scope).await? < 2 {
        return Err(TenancyError::LastOwner);
    }
    Ok(())
}

/// Begins a transaction on behalf of the actor's workspace.
async fn begin(tenancy: &crate::Tenancy, actor: &Actor) -> Result<Tx, TenancyError> {
    Ok(tenancy.db.begin(&actor.scope).await?)
}
