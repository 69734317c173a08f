//! Takes a member out of a workspace.

use contracts::{
    Audit as _,
    audit::{Action, Entry},
};
use kernel::UserId;

use super::{begin, keep_an_owner, manage};
use crate::{Actor, Tenancy, TenancyError, store};

impl Tenancy {
    /// Removes `target`; their access ends at their next request.
    pub async fn remove_member(&self, actor: &Actor, target: UserId) -> Result<(), TenancyError> {
        let mut tx = begin(self, actor).await?;
        let (_, theirs) = manage(&mut tx, actor, target).await?;
        keep_an_owner(&mut tx, &actor.scope, theirs.own.role).await?;
        store::delete_member(&mut tx, &actor.scope, target).await?;
        self.keys.bump(&mut tx).await?;
        // They have left their groups with it.
        self.budgets.bump(&mut tx).await?;
        let entry = Entry::of(Action::MemberRemoved, &actor.scope).about(target).before(theirs.own.told());
        self.record(&mut tx, entry).await?;
        Ok(tx.commit().await?)
    }
}
