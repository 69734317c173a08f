//! Users: the workspace's members, and those whom the directory has switched off.

use contracts::{
    audit::{Action, Entry},
    directory::Dismissal,
    tenancy::Role,
};
use database::{Platform, Tx};
use kernel::{TenantScope, UserId};
use serde_json::{Value, json};

use super::{ListQuery, Provisioner, Shape, cut, listed, window};
use crate::{
    Identity, email,
    federation::{FederationError, domain_of, store::sso},
    scim::{
        MOST_FILTERED, ScimError,
        filter::{self, Narrow},
        resource::{ScimUser, UserInput},
        store,
    },
    store::{
        sessions::{self, Reason},
        users,
    },
};

const OWNER: &str = "Owners are let go by another owner, in Parlance.";
const NAME_TAKEN: &str = "Somebody in this workspace has this userName already.";

impl Identity {
    pub(in crate::scim) async fn scim_users(&self, by: Provisioner, query: &ListQuery) -> Result<Value, ScimError> {
        let (scope, base) = (&by.scope, self.scim_base());
        let Some(text) = &query.filter else {
            let (offset, limit) = window(query);
            let total = store::count_users(&self.db, scope).await?;
            let found = store::users(&self.db, scope, limit, offset).await?;
            return Ok(listed(query, total, found.iter().map(|user| query.shape.apply(user.show(&base))).collect()));
        };
        let filter = filter::parse(text)?;
        let candidates = match filter::narrow(&filter) {
            Some(Narrow::Id(id)) => match id.parse() {
                Ok(id) => store::user(&self.db, scope, id).await?.into_iter().collect(),
                Err(_) => Vec::new(),
            },
            Some(Narrow::UserName(name)) => store::users_called(&self.db, scope, &name).await?,
            Some(Narrow::ExternalId(id)) => store::users_by_external_id(&self.db, scope, &id).await?,
            None => {
                if store::count_users(&self.db, scope).await? > MOST_FILTERED {
                    return Err(ScimError::TooMany);
                }
                store::users(&self.db, scope, MOST_FILTERED, 0).await?
            }
        };
        let shown = candidates.iter().map(|user| user.show(&base));
        Ok(cut(query, shown.filter(|user| filter::fits(&filter, user)).collect()))
    }

    pub(in crate::scim) async fn scim_user(
        &self,
        by: Provisioner,
        id: UserId,
        shape: &Shape,
    ) -> Result<Value, ScimError> {
        let found = store::user(&self.db, &by.scope, id).await?.ok_or(ScimError::NotFound)?;
        Ok(shape.apply(found.show(&self.scim_base())))
    }

    /// Takes somebody on: the account of the address, made if there is none, becomes a member.
    pub(in crate::scim) async fn create_scim_user(&self, by: Provisioner, body: &Value) -> Result<Value, ScimError> {
        let scope = &by.scope;
        let input = UserInput::read(body)?;
        let address = input.address.as_deref();
        let address = address.ok_or_else(|| ScimError::value("userName or emails must have an e-mail address"))?;
        let key = email::key(address);
        // Before the transaction: it holds locks, and must not wait for another connection.
        let leads = self.leads(address).await?;
        // An account and its own workspace may have to be made.
        let mut tx = self.db.begin(Platform).await?;
        if !sso::speaks_for(&mut tx, scope, &domain_of(&key).unwrap_or_default()).await? {
            return Err(ScimError::value("The address is of no domain that this workspace has verified."));
        }
        let user = match users::find_by_email(&mut tx, &key).await? {
            Some(found) if found.disabled => {
                return Err(ScimError::Forbidden("The account of this address is disabled."));
            }
            Some(found) => {
                if store::user_within(&mut tx, scope, found.user.id).await?.is_some() {
                    return Err(ScimError::Taken("Somebody with this address is here already."));
                }
                if !found.user.email_verified {
                    if leads {
                        return Err(ScimError::Forbidden("The account of this address has to prove it first."));
                    }
                    // Whoever made it may not be who the directory means.
                    self.hand_over(&mut tx, &found.user).await.map_err(outcome)?;
                }
                found.user.id
            }
            None => {
                let name = input.account_name();
                self.make_account(&mut tx, address, name.as_deref()).await.map_err(outcome)?
            }
        };
        self.settle(&mut tx, scope, user, &input, false).await?;
        tx.commit().await?;
        self.scim_user(by, user, &Shape::default()).await
    }

    /// Writes what the directory says of somebody now, whole or in part.
    pub(in crate::scim) async fn change_scim_user(
        &self,
        by: Provisioner,
        id: UserId,
        read: impl FnOnce(&ScimUser) -> Result<UserInput, ScimError> + Send,
    ) -> Result<Value, ScimError> {
        // Sessions belong to no workspace.
        let mut tx = self.db.begin(Platform).await?;
        let found = store::user_within(&mut tx, &by.scope, id).await?.ok_or(ScimError::NotFound)?;
        let input = read(&found)?;
        let is_new = found.told.as_ref() != Some(&input.told) || found.active != input.active;
        if is_new {
            self.settle(&mut tx, &by.scope, id, &input, found.active).await?;
            tx.commit().await?;
        }
        self.scim_user(by, id, &Shape::default()).await
    }

    /// Lets somebody go for good. Their account stays theirs.
    pub(in crate::scim) async fn delete_scim_user(&self, by: Provisioner, id: UserId) -> Result<(), ScimError> {
        // Sessions belong to no workspace.
        let mut tx = self.db.begin(Platform).await?;
        store::user_within(&mut tx, &by.scope, id).await?.ok_or(ScimError::NotFound)?;
        self.let_go(&mut tx, &by.scope, id).await?;
        store::delete_user(&mut tx, &by.scope, id, self.env.now()).await?;
        let entry = Entry::of(Action::ScimUserDeleted, &by.scope).about(id);
        self.audit.record(&mut tx, entry).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Makes them a member or lets them go, and keeps what the directory says.
    async fn settle(
        &self,
        tx: &mut Tx,
        scope: &TenantScope,
        user: UserId,
        input: &UserInput,
        was_active: bool,
    ) -> Result<(), ScimError> {
        if input.active && !was_active {
            let role = sso::default_role(tx, scope).await?.unwrap_or(Role::Member);
            if !self.directory()?.enlist(tx, scope, user, role).await? {
                return Err(ScimError::Closed);
            }
        } else if !input.active && was_active {
            self.let_go(tx, scope, user).await?;
        }
        let said = (&input.told, input.active);
        match store::put_user(tx, scope, user, said, self.env.now()).await {
            Err(error) if error.is_unique_violation() => return Err(ScimError::Taken(NAME_TAKEN)),
            written => written?,
        }
        let entry = Entry::of(Action::ScimUserUpdated, scope).about(user);
        let after = json!({ "active": input.active, "user_name": input.told.user_name });
        Ok(self.audit.record(tx, entry.after(after)).await?)
    }

    /// Ends a membership with all that rests on it.
    async fn let_go(&self, tx: &mut Tx, scope: &TenantScope, user: UserId) -> Result<(), ScimError> {
        if self.directory()?.dismiss(tx, scope, user).await? == Dismissal::Owner {
            return Err(ScimError::Forbidden(OWNER));
        }
        let now = self.env.now();
        sessions::revoke_in(tx, user, scope.workspace(), Reason::Deprovisioned, now).await?;
        if store::revoke_keys(tx, scope, user, now).await? > 0 {
            self.key_epochs.bump(tx).await?;
        }
        Ok(())
    }
}

/// What federation refuses, in words for a directory.
fn outcome(error: FederationError) -> ScimError {
    match error {
        FederationError::Identity(error) => error.into(),
        _ => ScimError::Taken("The address was taken meanwhile."),
    }
}
