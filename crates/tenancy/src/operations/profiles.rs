//! What a workspace knows of its members: attributes of its own choice, and the schema that they follow.

use std::collections::HashMap;

use contracts::{
    Audit as _,
    audit::{Action, Entry},
    identity::UserSummary,
};
use kernel::{Page, TenantScope, UserId};
use serde_json::json;
use web::attributes::Attributes;

use super::begin;
use crate::{
    Actor, MemberProfile, Tenancy, TenancyError,
    profile::{Rules, values},
    store,
    store::profiles::{self, ProfileRow},
};

/// Profiles that are checked against a new schema at a time.
const BATCH: i64 = 500;

impl Tenancy {
    /// What members' attributes must follow; none: anything goes.
    pub async fn profile_schema(&self, scope: &TenantScope) -> Result<Option<Attributes>, TenancyError> {
        Ok(profiles::schema(&self.db, scope).await?)
    }

    /// Sets it for whatever is written from now on. What is there already stays; gives how many members'
    /// attributes do not follow it.
    pub async fn set_profile_schema(&self, actor: &Actor, schema: Option<&Attributes>) -> Result<u64, TenancyError> {
        let rules = Rules::new(schema)?;
        let mut tx = begin(self, actor).await?;
        if !store::lock_workspace(&mut tx, &actor.scope).await? {
            return Err(TenancyError::NoWorkspace);
        }
        let before = profiles::schema_now(&mut tx, &actor.scope).await?;
        if before.as_ref() != schema {
            profiles::set_schema(&mut tx, &actor.scope, schema, self.env.now()).await?;
            let entry = Entry::of(Action::ProfileSchemaUpdated, &actor.scope).about(actor.scope.workspace());
            let entry = entry.before(json!({ "schema": before })).after(json!({ "schema": schema }));
            self.record(&mut tx, entry).await?;
            tx.commit().await?;
        }
        self.count_faulty(&actor.scope, &rules).await
    }

    async fn count_faulty(&self, scope: &TenantScope, rules: &Rules) -> Result<u64, TenancyError> {
        let (mut faulty, mut after) = (0, None);
        loop {
            let rows = profiles::page(&self.db, scope, None, None, after, BATCH).await?;
            let Some(last) = rows.last() else { return Ok(faulty) };
            after = Some(last.user);
            faulty += rows.iter().filter(|row| !rules.faults(&row.attributes).is_empty()).map(|_| 1).sum::<u64>();
        }
    }

    /// A member's attributes; empty where nobody has set any.
    pub async fn member_profile(
        &self,
        identity: &dyn contracts::Identity,
        scope: &TenantScope,
        user: UserId,
    ) -> Result<MemberProfile, TenancyError> {
        let rules = Rules::new(self.profile_schema(scope).await?.as_ref())?;
        let row = profiles::find(&self.db, scope, user).await?;
        if row.is_none() && !profiles::is_member(&self.db, scope, user).await? {
            return Err(TenancyError::NoMember);
        }
        let summary = identity.users(&[user]).await?.pop().ok_or(TenancyError::NoMember)?;
        Ok(described(summary, row, &rules))
    }

    /// Replaces a member's attributes, if they follow the schema.
    pub async fn set_member_profile(
        &self,
        actor: &Actor,
        user: UserId,
        attributes: Attributes,
    ) -> Result<(), TenancyError> {
        let mut tx = begin(self, actor).await?;
        // Neither the schema nor the membership changes meanwhile.
        if !store::lock_workspace(&mut tx, &actor.scope).await? {
            return Err(TenancyError::NoWorkspace);
        }
        store::role_of(&mut tx, &actor.scope, user).await?.ok_or(TenancyError::NoMember)?;
        Rules::new(profiles::schema_now(&mut tx, &actor.scope).await?.as_ref())?.check(&attributes)?;
        // The names alone: the log outlives the person, whose data the values are.
        let fields: Vec<String> = attributes.keys().cloned().collect();
        let row = ProfileRow { user, attributes, updated_at: self.env.now() };
        profiles::set(&mut tx, &actor.scope, &row, &values(&row.attributes)).await?;
        let entry = Entry::of(Action::MemberProfileUpdated, &actor.scope).about(user);
        self.record(&mut tx, entry.after(json!({ "fields": fields }))).await?;
        Ok(tx.commit().await?)
    }

    /// Members of whom any value, or one of `field`, contains the text; those without attributes are left out.
    pub async fn search_profiles(
        &self,
        identity: &dyn contracts::Identity,
        scope: &TenantScope,
        field: Option<&str>,
        text: Option<&str>,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Page<MemberProfile>, TenancyError> {
        let rules = Rules::new(self.profile_schema(scope).await?.as_ref())?;
        let pattern = text.map(|text| database::like_containing(&text.to_lowercase()));
        let rows = profiles::page(&self.db, scope, field, pattern.as_deref(), after, i64::from(limit) + 1).await?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let page = Page::from_overfetch(rows, limit, |last| web::cursor::encode(&last.user));
        let ids: Vec<UserId> = page.data.iter().map(|row| row.user).collect();
        let mut users: HashMap<UserId, UserSummary> =
            identity.users(&ids).await?.into_iter().map(|user| (user.id, user)).collect();
        let data = page
            .data
            .into_iter()
            .filter_map(|row| users.remove(&row.user).map(|user| described(user, Some(row), &rules)))
            .collect();
        Ok(Page { data, next_cursor: page.next_cursor })
    }
}

fn described(user: UserSummary, row: Option<ProfileRow>, rules: &Rules) -> MemberProfile {
    let updated_at = row.as_ref().map(|row| row.updated_at);
    let attributes = row.map(|row| row.attributes).unwrap_or_default();
    // Nobody has been asked for what is missing as long as nothing was written.
    let faults = if updated_at.is_some() { rules.faults(&attributes) } else { Vec::new() };
    MemberProfile {
        user_id: user.id,
        email: user.email,
        name: user.name,
        avatar_url: user.avatar_url,
        attributes,
        faults,
        updated_at,
    }
}
