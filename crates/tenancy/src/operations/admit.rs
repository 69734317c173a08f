//! Lets in whom the workspace's own identity provider vouches for.

use contracts::{
    Audit as _,
    audit::{Action, Entry},
    tenancy::Role,
};
use database::Tx;
use kernel::{TenantScope, UserId};
use serde_json::json;

use crate::{
    Tenancy,
    store::{self, deletion},
};

/// Makes the user a member, or gives a member the role unless they keep theirs. Nobody becomes an owner or stops being
/// one, and who has a role of the workspace's own that is based on this one keeps it. False: the workspace is deleted, or a person's own.
pub(crate) async fn admit(
    tenancy: &Tenancy,
    tx: &mut Tx,
    scope: &TenantScope,
    user: UserId,
    (role, keeps_role): (Role, bool),
) -> Result<bool, database::Error> {
    let role = role.min(Role::Admin);
    if !store::lock_workspace(tx, scope).await? || deletion::is_personal(tx, scope).await? != Some(false) {
        return Ok(false);
    }
    let added = match store::role_of(tx, scope, user).await? {
        None => {
            store::insert_member(tx, scope, user, (role, None), tenancy.env.now()).await?;
            Entry::of(Action::MemberAdded, scope)
        }
        Some(Role::Owner) => return Ok(true),
        Some(before) if keeps_role || before == role => return Ok(true),
        Some(before) => {
            store::update_role(tx, scope, user, role, None).await?;
            Entry::of(Action::MemberRoleChanged, scope).before(json!({ "role": before }))
        }
    };
    // What keys may do rests on it.
    tenancy.keys.bump(tx).await?;
    tenancy.record(tx, added.about(user).by(user).after(json!({ "role": role }))).await?;
    Ok(true)
}
