//! A member leaves by themselves, or an owner hands the workspace on.

use contracts::{
    Audit as _,
    audit::{Action, Entry},
    tenancy::{Membership, Permission, Role},
};
use kernel::UserId;
use serde_json::json;

use super::{begin, keep_an_owner, standing};
use crate::{Actor, Tenancy, TenancyError, store, store::deletion};

impl Tenancy {
    /// Takes the actor out of the workspace, whatever their role; the last owner stays.
    pub async fn leave_workspace(&self, actor: &Actor) -> Result<(), TenancyError> {
        let mut tx = begin(self, actor).await?;
        let own = standing(&mut tx, actor).await?.own;
        if deletion::is_personal(&mut tx, &actor.scope).await?.ok_or(TenancyError::NoWorkspace)?
            && own.role == Role::Owner
        {
            return Err(TenancyError::Personal);
        }
        keep_an_owner(&mut tx, &actor.scope, own.role).await?;
        store::delete_member(&mut tx, &actor.scope, actor.user).await?;
        self.keys.bump(&mut tx).await?;
        // They have left their groups with it.
        self.budgets.bump(&mut tx).await?;
        let entry = Entry::of(Action::MemberLeft, &actor.scope).about(actor.user).before(own.told());
        self.record(&mut tx, entry).await?;
        Ok(tx.commit().await?)
    }

    /// Makes `target` an owner and the actor an administrator, both or neither. Gives the workspace
    /// back as the actor sees it.
    pub async fn transfer_workspace(&self, actor: &Actor, target: UserId) -> Result<Membership, TenancyError> {
        let mut tx = begin(self, actor).await?;
        if !standing(&mut tx, actor).await?.may(Permission::TransferWorkspace) {
            return Err(TenancyError::NotAllowed(Permission::TransferWorkspace));
        }
        if store::role_of(&mut tx, &actor.scope, target).await?.is_none() {
            return Err(TenancyError::NoMember);
        }
        if deletion::is_personal(&mut tx, &actor.scope).await?.ok_or(TenancyError::NoWorkspace)? {
            return Err(TenancyError::Personal);
        }
        if target != actor.user {
            store::update_role(&mut tx, &actor.scope, target, Role::Owner, None).await?;
            store::update_role(&mut tx, &actor.scope, actor.user, Role::Admin, None).await?;
            self.keys.bump(&mut tx).await?;
            let entry = Entry::of(Action::WorkspaceTransferred, &actor.scope).about(actor.scope.workspace());
            let (before, after) = (json!({ "owner": actor.user }), json!({ "owner": target }));
            self.record(&mut tx, entry.before(before).after(after)).await?;
        }
        tx.commit().await?;
        self.workspace(actor).await
    }
}
