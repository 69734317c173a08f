//! Groups: those of the workspace, and of their members those whom the directory sees.

use std::collections::HashSet;

use contracts::directory::GroupRefusal;
use database::Tx;
use kernel::{GroupId, TenantScope, UserId};
use serde_json::{Map, Value};

use super::{ListQuery, Provisioner, Shape, cut};
use crate::{
    Identity,
    scim::{
        ScimError, filter,
        resource::{GroupInput, ScimGroup},
        store,
    },
};

fn refused(refusal: GroupRefusal) -> ScimError {
    match refusal {
        GroupRefusal::NoGroup => ScimError::NotFound,
        GroupRefusal::NameTaken => ScimError::Taken("A group has this name already."),
        GroupRefusal::TooMany => ScimError::value("The workspace has as many groups as it can have."),
        GroupRefusal::NoMember => ScimError::value("Somebody named is no member of this workspace."),
    }
}

fn group(row: store::GroupRow, members: Vec<store::Member>) -> ScimGroup {
    ScimGroup {
        id: row.id,
        name: row.name,
        external_id: row.external_id,
        created_at: row.created_at,
        updated_at: row.updated_at,
        members,
    }
}

impl Identity {
    pub(in crate::scim) async fn scim_groups(&self, by: Provisioner, query: &ListQuery) -> Result<Value, ScimError> {
        let filter = query.filter.as_deref().map(filter::parse).transpose()?;
        let rows = store::groups(&self.db, &by.scope).await?;
        // A filter may ask for members that are not shown.
        let mut members = if query.shape.shows_members() || filter.is_some() {
            store::all_members(&self.db, &by.scope).await?
        } else {
            Vec::new()
        };
        let base = self.scim_base();
        let mut shown: Vec<Map<String, Value>> = Vec::with_capacity(rows.len());
        for row in rows {
            let (own, others) = members.into_iter().partition(|member| member.group == row.id);
            members = others;
            shown.push(group(row, own).show(&base));
        }
        shown.retain(|one| filter.as_ref().is_none_or(|filter| filter::fits(filter, one)));
        Ok(cut(query, shown))
    }

    pub(in crate::scim) async fn scim_group(
        &self,
        by: Provisioner,
        id: GroupId,
        shape: &Shape,
    ) -> Result<Value, ScimError> {
        let row = store::group(&self.db, &by.scope, id).await?.ok_or(ScimError::NotFound)?;
        let members = if shape.shows_members() { store::members(&self.db, &by.scope, id).await? } else { Vec::new() };
        Ok(shape.apply(group(row, members).show(&self.scim_base())))
    }

    pub(in crate::scim) async fn create_scim_group(&self, by: Provisioner, body: &Value) -> Result<Value, ScimError> {
        let input = GroupInput::read(body)?;
        let mut tx = self.db.begin(by.scope).await?;
        let id = self.directory()?.make_group(&mut tx, &by.scope, &input.name).await?.map_err(refused)?;
        self.fill(&mut tx, &by.scope, id, &[], &input).await?;
        tx.commit().await?;
        self.scim_group(by, id, &Shape::default()).await
    }

    /// Writes what the directory says of a group now, whole or in part. Members whom it does not see stay.
    pub(in crate::scim) async fn change_scim_group(
        &self,
        by: Provisioner,
        id: GroupId,
        read: impl FnOnce(&ScimGroup) -> Result<GroupInput, ScimError> + Send,
    ) -> Result<Value, ScimError> {
        let mut tx = self.db.begin(by.scope).await?;
        let row = store::group_within(&mut tx, &by.scope, id).await?.ok_or(ScimError::NotFound)?;
        let members = store::members_within(&mut tx, &by.scope, id).await?;
        let before = group(row, members);
        let input = read(&before)?;
        self.directory()?.name_group(&mut tx, &by.scope, id, &input.name).await?.map_err(refused)?;
        let had: Vec<UserId> = before.members.iter().map(|member| member.user).collect();
        self.fill(&mut tx, &by.scope, id, &had, &input).await?;
        tx.commit().await?;
        self.scim_group(by, id, &Shape::default()).await
    }

    pub(in crate::scim) async fn delete_scim_group(&self, by: Provisioner, id: GroupId) -> Result<(), ScimError> {
        let mut tx = self.db.begin(by.scope).await?;
        self.directory()?.drop_group(&mut tx, &by.scope, id).await?.map_err(refused)?;
        tx.commit().await?;
        Ok(())
    }

    async fn fill(
        &self,
        tx: &mut Tx,
        scope: &TenantScope,
        id: GroupId,
        had: &[UserId],
        input: &GroupInput,
    ) -> Result<(), ScimError> {
        let (had, wanted): (HashSet<&UserId>, HashSet<&UserId>) =
            (had.iter().collect(), input.members.iter().collect());
        let taken_out: Vec<UserId> = had.difference(&wanted).map(|user| **user).collect();
        let mut put_in = Vec::new();
        for user in wanted.difference(&had) {
            // It puts in nobody whom it does not see; whom it has switched off comes when they are on again.
            let seen = store::user_within(tx, scope, **user).await?;
            if seen.ok_or_else(|| refused(GroupRefusal::NoMember))?.active {
                put_in.push(**user);
            }
        }
        store::put_group(tx, scope, id, input.external_id.as_deref()).await?;
        self.directory()?.move_members(tx, scope, id, &put_in, &taken_out).await?.map_err(refused)
    }
}
