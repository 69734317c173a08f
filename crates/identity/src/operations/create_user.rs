//! Makes a user with a personal workspace: at sign-up, or on an operator's order.

use contracts::audit::{Action, Entry};
use database::{Platform, Tx};
use kernel::UserId;
use secrecy::SecretString;
use serde_json::json;

use crate::{Identity, IdentityError, email, model::Locale, name, password, store::users};

#[derive(Debug)]
pub struct NewUser {
    pub email: String,
    pub password: SecretString,
    /// Absent: what stands before the `@`.
    pub name: Option<String>,
    /// Absent: English.
    pub locale: Option<Locale>,
    /// Whether they operate the installation. Never from a request.
    pub platform_admin: bool,
}

impl NewUser {
    pub(super) fn check(&self) -> Result<(), IdentityError> {
        let invalid = |field| move |message| IdentityError::Invalid { field, code: "invalid", message };
        email::check(&self.email).map_err(invalid("email"))?;
        password::check(&self.password, &self.email).map_err(invalid("password"))?;
        self.name.as_deref().map_or(Ok(()), name::check).map_err(invalid("name"))
    }
}

impl Identity {
    /// Makes a user whose address the operator vouches for.
    pub async fn create_user(&self, new: NewUser) -> Result<UserId, IdentityError> {
        let row = self.new_row(new, true).await?;
        // Neither the user nor their workspace exists before this transaction.
        let mut tx = self.db.begin(Platform).await?;
        if !self.insert_user(&mut tx, &row).await? {
            return Err(IdentityError::EmailTaken);
        }
        tx.commit().await?;
        Ok(row.id)
    }

    /// Checks what was typed and hashes the password.
    pub(super) async fn new_row(&self, new: NewUser, email_verified: bool) -> Result<users::NewUser, IdentityError> {
        new.check()?;
        let email = email::display(&new.email);
        let name = match new.name.as_deref().map(str::trim) {
            Some(name) if !name.is_empty() => name.to_owned(),
            _ => email.split('@').next().unwrap_or(&email).to_owned(),
        };
        Ok(users::NewUser {
            id: self.env.id(),
            email_lower: email::key(&email),
            email,
            name,
            password_hash: self.passwords.hash(&new.password).await?,
            locale: new.locale.unwrap_or_default(),
            platform_admin: new.platform_admin,
            email_verified,
            now: self.env.now(),
        })
    }

    /// Writes the user and their personal workspace. False: the address is taken.
    pub(crate) async fn insert_user(&self, tx: &mut Tx, row: &users::NewUser) -> Result<bool, IdentityError> {
        if !users::insert(tx, row).await? {
            return Ok(false);
        }
        self.tenancy.create_personal(tx, row.id, &row.name).await?;
        let entry = Entry::platform(Action::UserCreated).about(row.id).by(row.id);
        self.audit.record(tx, entry.after(json!({ "platform_admin": row.platform_admin }))).await?;
        Ok(true)
    }

    /// Disables or enables a user. A disabled one can't sign in, and every session of theirs
    /// has ended when this returns; their API keys are refused as long as they are disabled.
    /// The last administrator of the platform can't be.
    pub async fn set_user_disabled(&self, user: UserId, disabled: bool) -> Result<(), IdentityError> {
        use crate::store::sessions::{self, Reason};
        let now = self.env.now();
        // Users belong to no workspace.
        let mut tx = self.db.begin(Platform).await?;
        let is_admin = self.lock_administrator(&mut tx, user).await?;
        users::set_disabled(&mut tx, user, disabled.then_some(now), now).await?;
        if disabled {
            self.keep_an_administrator(&mut tx, is_admin).await?;
            sessions::revoke_all(&mut tx, user, None, Reason::UserDisabled, now).await?;
            sessions::revoke_impersonations(&mut tx, user, now).await?;
        }
        let action = if disabled { Action::UserDisabled } else { Action::UserEnabled };
        self.audit.record(&mut tx, Entry::platform(action).about(user)).await?;
        Ok(tx.commit().await?)
    }

    /// The id of the user with this address, for operators.
    pub async fn user_by_email(&self, address: &str) -> Result<UserId, IdentityError> {
        users::credentials_by_email(&self.db, &email::key(address))
            .await?
            .map(|found| found.user.id)
            .ok_or(IdentityError::NoUser)
    }
}
