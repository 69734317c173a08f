//! A new password for whoever forgot theirs and receives what is sent to their address.
//!
//! Neither way asks how often somebody has guessed: the lock-out is there to slow guesses at a password, and a
//! link can't be guessed. So nobody gets around it here, and nobody is kept from a new password by it.

use std::{net::IpAddr, sync::Arc};

use contracts::{
    audit::{Action, Entry, Origin},
    mail::Letter,
};
use database::{Platform, Tx};
use kernel::Timestamp;
use secrecy::SecretString;

use crate::{
    Identity, IdentityError, email,
    model::User,
    password,
    store::{
        challenges,
        email_tokens::{self, Purpose, Token},
        sessions::{self, Reason},
        users,
    },
    token::Opaque,
};

impl Identity {
    /// Sends a link to the address, if it has a user. Answers before it looks, so that its time tells nothing.
    pub async fn forgot_password(
        self: &Arc<Self>,
        address: String,
        proof_of_work: Option<&str>,
    ) -> Result<(), IdentityError> {
        self.stranger_works(proof_of_work).await?;
        let this = self.clone();
        let send = Origin::carry(async move {
            if let Err(error) = this.send_reset(&address).await {
                tracing::error!(%error, "a letter for a new password could not be written");
            }
        });
        self.tasks.spawn("a letter for a new password", send);
        Ok(())
    }

    async fn send_reset(&self, address: &str) -> Result<(), IdentityError> {
        let key = email::key(address);
        if email::check(address).is_err() || !self.may_write("reset_password", &key).await {
            return Ok(());
        }
        // Users and their links belong to no workspace.
        let mut tx = self.db.begin(Platform).await?;
        let found = users::find_by_email(&mut tx, &key).await?;
        let Some(found) = found.filter(|found| !found.disabled) else { return Ok(()) };
        let user = found.user;
        let token = Token { user: user.id, email: user.email.clone(), pending: None };
        self.write_link(&mut tx, Purpose::ResetPassword, token, (&user.name, user.locale)).await?;
        self.audit.record(&mut tx, Entry::platform(Action::UserResetRequested).about(user.id)).await?;
        Ok(tx.commit().await?)
    }

    /// Sets a password with the link of a letter, which also proves the address. Every session of the user
    /// ends.
    pub async fn reset_password(&self, token: &str, new: &SecretString, ip: IpAddr) -> Result<(), IdentityError> {
        let hash = Opaque::parse(token).ok_or(IdentityError::LinkInvalid)?.hash();
        // A password that is refused does not use the link up, and a link that is no good costs no hash.
        let found = email_tokens::find(&self.db, hash.clone(), Purpose::ResetPassword, self.env.now()).await?;
        let found = found.ok_or(IdentityError::LinkInvalid)?;
        password::check(new, &found.email).map_err(|message| IdentityError::Invalid {
            field: "password",
            code: "invalid",
            message,
        })?;
        let password_hash = self.passwords.hash(new).await?;
        let now = self.env.now();
        let mut tx = self.db.begin(Platform).await?;
        let token = email_tokens::take(&mut tx, hash, Purpose::ResetPassword, now).await?;
        let token = token.ok_or(IdentityError::LinkInvalid)?;
        let user = users::find(&mut tx, token.user).await?.ok_or(IdentityError::LinkInvalid)?.user;
        let key = email::key(&token.email);
        let is_theirs = users::verify_email(&mut tx, user.id, &key, now).await?;
        if !is_theirs || !self.set_anew(&mut tx, &user, &password_hash, now).await? {
            return Err(IdentityError::LinkInvalid);
        }
        let entry = Entry::platform(Action::UserPasswordReset).about(user.id).by(user.id);
        self.audit.record(&mut tx, entry).await?;
        tx.commit().await?;
        self.forgive_guesses(&user.email, ip).await
    }

    /// Sets a user's password for the operator, who need not know the old one. Every session of the user ends.
    pub async fn set_password(&self, address: &str, new: &SecretString) -> Result<(), IdentityError> {
        password::check(new, address).map_err(|message| IdentityError::Invalid {
            field: "password",
            code: "invalid",
            message,
        })?;
        let hash = self.passwords.hash(new).await?;
        let mut tx = self.db.begin(Platform).await?;
        let found = users::find_by_email(&mut tx, &email::key(address)).await?.ok_or(IdentityError::NoUser)?;
        if !self.set_anew(&mut tx, &found.user, &hash, self.env.now()).await? {
            return Err(IdentityError::NoUser);
        }
        self.audit.record(&mut tx, Entry::platform(Action::UserPasswordReset).about(found.user.id)).await?;
        Ok(tx.commit().await?)
    }

    /// Another password: every session of the user ends, and every link. False: the user is disabled.
    async fn set_anew(&self, tx: &mut Tx, user: &User, hash: &str, now: Timestamp) -> Result<bool, IdentityError> {
        if !users::set_password(tx, user.id, hash, now).await? {
            return Ok(false);
        }
        sessions::revoke_all(tx, user.id, None, Reason::PasswordReset, now).await?;
        email_tokens::delete_all(tx, user.id).await?;
        // A login that the old password began ends with it.
        challenges::delete_all(tx, user.id).await?;
        self.write_to(tx, user, Letter::PasswordChanged { name: user.name.clone(), at: now }).await?;
        Ok(true)
    }
}
