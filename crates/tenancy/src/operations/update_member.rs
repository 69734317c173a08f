//! Changes a member's role.

use contracts::{
    Audit as _,
    audit::{Action, Entry},
    tenancy::{Role, RoleChoice},
};
use kernel::UserId;

use super::{begin, keep_an_owner, manage, within};
use crate::{Actor, MemberRow, Tenancy, TenancyError, store, store::roles};

impl Tenancy {
    /// Gives `target` another role, which allows nothing that the actor may not do. It counts from their next request.
    pub async fn update_member(
        &self,
        actor: &Actor,
        target: UserId,
        role: impl Into<RoleChoice>,
    ) -> Result<MemberRow, TenancyError> {
        let choice = role.into();
        let mut tx = begin(self, actor).await?;
        let (own, theirs) = manage(&mut tx, actor, target).await?;
        let role = roles::resolve(&mut tx, &actor.scope, choice).await?.ok_or(TenancyError::NoRole)?;
        within(own, role.permissions)?;
        if role.role != Role::Owner {
            keep_an_owner(&mut tx, &actor.scope, theirs.own.role).await?;
        }
        let member = store::update_role(&mut tx, &actor.scope, target, role.role, role.custom_id()).await?;
        let member = member.ok_or(TenancyError::NoMember)?;
        self.keys.bump(&mut tx).await?;
        if role != theirs.own {
            let entry = Entry::of(Action::MemberRoleChanged, &actor.scope).about(target);
            self.record(&mut tx, entry.before(theirs.own.told()).after(role.told())).await?;
        }
        tx.commit().await?;
        Ok(member)
    }
}
