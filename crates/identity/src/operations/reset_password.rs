//! A new password for whoever forgot theirs and receives what is sent to their address.
//!
//! Neither way asks how often somebody has guessed: the lock-out is there to slow guesses at a password, and a
//! link can't be guessed. So nobody gets around it here, and nobody is kept from a new password by it.

use std::{net::IpAddr, sync::Arc};

use contracts::mail::Letter;
use database::Platform;
use secrecy::SecretString;

use crate::{
    Identity, IdentityError, email, password,
    store::{
        email_tokens::{self, Purpose, Token},
        sessions::{self, Reason},
        users,
    },
    token::Opaque,
};

impl Identity {
    /// Sends a link to the address, if it has a user. Answers before it looks, so that its time tells nothing.
    pub fn forgot_password(self: &Arc<Self>, address: String) {
        let this = self.clone();
        self.tasks.spawn("a letter for a new password", async move {
            if let Err(error) = this.send_reset(&address).await {
                tracing::error!(%error, "a letter for a new password could not be written");
            }
        });
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
        tx.commit().await?;
        tracing::info!(target: "audit", event = "user.reset_requested", user = %user.id);
        Ok(())
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
        if !is_theirs || !users::set_password(&mut tx, user.id, &password_hash, now).await? {
            return Err(IdentityError::LinkInvalid);
        }
        sessions::revoke_all(&mut tx, user.id, None, Reason::PasswordReset, now).await?;
        email_tokens::delete_all(&mut tx, user.id).await?;
        let letter = Letter::PasswordChanged { name: user.name.clone(), at: now };
        self.write_to(&mut tx, &user, letter).await?;
        tx.commit().await?;
        self.forgive_guesses(&user.email, ip).await?;
        tracing::info!(target: "audit", event = "user.password_reset", user = %user.id);
        Ok(())
    }
}
