//! Changes a member's role.

use contracts::tenancy::Role;
use kernel::UserId;

use super::{begin, keep_an_owner, manage};
use crate::{Actor, MemberRow, Tenancy, TenancyError, store};

impl Tenancy {
    /// Gives `target` another role, at most the actor's own. It counts from their next request.
    pub async fn update_member(&self, actor: &Actor, target: UserId, role: Role) -> Result<MemberRow, TenancyError> {
        let mut tx = begin(self, actor).await?;
        let (own, theirs) = manage(&mut tx, actor, target).await?;
        if role > own {
            return Err(TenancyError::above(role));
        }
        if role != Role::Owner {
            keep_an_owner(&mut tx, &actor.scope, theirs).await?;
        }
        let member = store::update_role(&mut tx, &actor.scope, target, role).await?.ok_or(TenancyError::NoMember)?;
        self.keys.bump(&mut tx).await?;
        tx.commit().await?;
        tracing::info!(
            target: "audit",
            event = "member.role_changed",
            workspace = %actor.scope.workspace(),
            user = %actor.user,
            member = %target,
            from = theirs.as_str(),
            to = role.as_str(),
        );
        Ok(member)
    }
}
