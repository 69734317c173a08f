//! What administrators of the platform do with users. Whether somebody is one is checked before.

use contracts::audit::{Action, Entry};
use database::{Platform, Tx};
use kernel::UserId;
use serde_json::json;

use crate::{
    Identity, IdentityError,
    model::{PlatformUser, PlatformUserDetail, UserStatus},
    store::{
        email_tokens::{Purpose, Token},
        platform,
        sessions::{self, Reason},
        users,
    },
    token::Opaque,
};

/// Sessions that are shown of one user.
const SHOWN_SESSIONS: i64 = 50;

impl Identity {
    /// Users that pass the filter, the newest first, below the given id.
    pub async fn platform_users(
        &self,
        search: Option<&str>,
        status: Option<UserStatus>,
        before: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<PlatformUser>, IdentityError> {
        let now = self.env.now();
        Ok(platform::page(&self.db, search, status, before, i64::from(limit), now).await?)
    }

    /// A user, where they are and where they are signed in.
    pub async fn platform_user(&self, user: UserId) -> Result<PlatformUserDetail, IdentityError> {
        let now = self.env.now();
        let found = platform::find(&self.db, user, now).await?.ok_or(IdentityError::NoUser)?;
        let memberships = self.tenancy.memberships(user).await?;
        Ok(PlatformUserDetail {
            user: found,
            workspaces: memberships.into_iter().map(Into::into).collect(),
            live_sessions: sessions::list(&self.db, user, None, SHOWN_SESSIONS, now).await?,
        })
    }

    /// Ends all sessions of the user; how many they were.
    pub async fn revoke_sessions_of(&self, user: UserId) -> Result<u64, IdentityError> {
        // Sessions belong to no workspace.
        let mut tx = self.db.begin(Platform).await?;
        users::find(&mut tx, user).await?.ok_or(IdentityError::NoUser)?;
        let ended = sessions::revoke_all(&mut tx, user, None, Reason::Administrator, self.env.now()).await?;
        let entry = Entry::platform(Action::UserSessionsRevoked).about(user).after(json!({ "ended": ended }));
        self.audit.record(&mut tx, entry).await?;
        tx.commit().await?;
        Ok(ended)
    }

    /// Makes the user's password worth nothing, ends their sessions, and sends them the link to set another.
    pub async fn force_password_reset(&self, user: UserId) -> Result<(), IdentityError> {
        // Nobody knows what it is the hash of.
        let hash = self.passwords.hash(&Opaque::new(&self.env).expose().into()).await?;
        let now = self.env.now();
        let mut tx = self.db.begin(Platform).await?;
        let found = users::find(&mut tx, user).await?.ok_or(IdentityError::NoUser)?.user;
        if !users::set_password(&mut tx, user, &hash, now).await? {
            return Err(IdentityError::Disabled);
        }
        sessions::revoke_all(&mut tx, user, None, Reason::PasswordReset, now).await?;
        let token = Token { user, email: found.email.clone(), pending: None };
        self.write_link(&mut tx, Purpose::ResetPassword, token, (&found.name, found.locale)).await?;
        self.audit.record(&mut tx, Entry::platform(Action::UserPasswordResetForced).about(user)).await?;
        Ok(tx.commit().await?)
    }

    /// Makes the user an administrator of the platform, or takes that from them; the last one stays.
    pub async fn set_platform_admin(&self, user: UserId, admin: bool) -> Result<(), IdentityError> {
        let now = self.env.now();
        let mut tx = self.db.begin(Platform).await?;
        let is_admin = self.lock_administrator(&mut tx, user).await?;
        platform::set_administrator(&mut tx, user, admin, now).await?;
        if admin {
            platform::forget_setups(&mut tx).await?;
        } else {
            self.keep_an_administrator(&mut tx, is_admin).await?;
            sessions::revoke_impersonations(&mut tx, user, now).await?;
        }
        let action = if admin { Action::UserPromoted } else { Action::UserDemoted };
        self.audit.record(&mut tx, Entry::platform(action).about(user)).await?;
        Ok(tx.commit().await?)
    }

    /// Whether the user is an administrator. Until the transaction ends nobody else changes who is one.
    pub(super) async fn lock_administrator(&self, tx: &mut Tx, user: UserId) -> Result<bool, IdentityError> {
        // What is cached of keys, and of whom they rest on, is told; its row is the lock.
        self.key_epochs.bump(tx).await?;
        Ok(users::find(tx, user).await?.ok_or(IdentityError::NoUser)?.user.platform_admin)
    }

    /// Refuses to take away an administrator if there is no other. Call with them locked.
    pub(super) async fn keep_an_administrator(&self, tx: &mut Tx, taken: bool) -> Result<(), IdentityError> {
        if taken && platform::count_administrators(tx).await? == 0 {
            return Err(IdentityError::LastAdministrator);
        }
        Ok(())
    }
}
