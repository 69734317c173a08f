//! What can be done with workspaces and members; one file per verb.

mod accept_invitation;
mod add_member;
mod admit;
mod create_workspace;
mod delete_workspace;
mod directory;
mod groups;
mod invite;
mod leave;
mod list;
mod personal;
mod platform;
mod read_audit;
mod record_audit;
mod remove_member;
mod rename_workspace;
mod update_member;

use contracts::tenancy::{Permission, Role};
use database::Tx;
use kernel::{TenantScope, UserId};

use crate::{Actor, TenancyError, store};

pub(crate) use admit::admit;
pub use delete_workspace::GRACE;
pub use platform::MAX_REASON;

/// The actor's role as of now, with the workspace's memberships locked.
async fn own_role(tx: &mut Tx, actor: &Actor) -> Result<Role, TenancyError> {
    if !store::lock_workspace(tx, &actor.scope).await? {
        return Err(TenancyError::NoWorkspace);
    }
    store::role_of(tx, &actor.scope, actor.user).await?.ok_or(TenancyError::NoWorkspace)
}

/// The actor's and the target's roles as of now, with the workspace's memberships locked,
/// if the actor may manage the target.
async fn manage(tx: &mut Tx, actor: &Actor, target: UserId) -> Result<(Role, Role), TenancyError> {
    let own = own_role(tx, actor).await?;
    if !own.grants(Permission::ManageMembers) {
        return Err(TenancyError::NotAllowed(own.as_str()));
    }
    let theirs = store::role_of(tx, &actor.scope, target).await?.ok_or(TenancyError::NoMember)?;
    if theirs > own {
        return Err(TenancyError::above(theirs));
    }
    Ok((own, theirs))
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
