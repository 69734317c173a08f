//! Changes a member's role.

use contracts::{
    Audit as _,
    audit::{Action, Entry},
    tenancy::Role,
};
use kernel::UserId;
use serde_json::json;

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
        if role != theirs {
            let entry = Entry::of(Action::MemberRoleChanged, &actor.scope).about(target);
            self.record(&mut tx, entry.before(json!({ "role": theirs })).after(json!({ "role": role }))).await?;
        }
        tx.commit().await?;
        Ok(member)
    }
}
