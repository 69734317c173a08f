//! Proof that a user receives what is sent to an address.

use std::sync::Arc;

use contracts::{
    audit::{Action, Entry},
    mail::Letter,
};
use database::{Platform, Tx};

use crate::{
    Identity, IdentityError, email,
    store::{
        email_tokens::{self, Pending, Purpose, Token},
        users,
    },
    token::Opaque,
};

/// What a link in a letter has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verified {
    /// The address of the account was proved.
    Address,
    /// The account has the new address now.
    Change,
}

impl Identity {
    /// Uses the link of a letter that asked for proof of an address, new or old.
    pub async fn verify_email(&self, token: &str) -> Result<Verified, IdentityError> {
        let hash = Opaque::parse(token).ok_or(IdentityError::LinkInvalid)?.hash();
        let now = self.env.now();
        // Users and their links belong to no workspace. An error on the way leaves the link as it was.
        let mut tx = self.db.begin(Platform).await?;
        let verified = if let Some(token) = email_tokens::take(&mut tx, hash.clone(), Purpose::VerifyEmail, now).await?
        {
            self.prove_address(&mut tx, &token).await?;
            Verified::Address
        } else {
            let token = email_tokens::take(&mut tx, hash, Purpose::ChangeEmail, now).await?;
            self.move_to_address(&mut tx, &token.ok_or(IdentityError::LinkInvalid)?).await?;
            Verified::Change
        };
        tx.commit().await?;
        Ok(verified)
    }

    async fn prove_address(&self, tx: &mut Tx, token: &Token) -> Result<(), IdentityError> {
        let now = self.env.now();
        let found = users::find(tx, token.user).await?.filter(|found| !found.disabled);
        let user = found.ok_or(IdentityError::LinkInvalid)?.user;
        if let Some(Pending { name, password_hash }) = &token.pending {
            // An account that was in use stays as it is: this link may come from a stranger's sign-up.
            users::take_over(tx, user.id, name, password_hash, now).await?;
        }
        if !users::verify_email(tx, user.id, &email::key(&token.email), now).await? {
            return Err(IdentityError::LinkInvalid);
        }
        email_tokens::delete_of(tx, user.id, Purpose::VerifyEmail).await?;
        let entry = Entry::platform(Action::UserEmailVerified).about(user.id).by(user.id);
        Ok(self.audit.record(tx, entry).await?)
    }

    async fn move_to_address(&self, tx: &mut Tx, token: &Token) -> Result<(), IdentityError> {
        let now = self.env.now();
        let found = users::find(tx, token.user).await?.filter(|found| !found.disabled);
        let user = found.ok_or(IdentityError::LinkInvalid)?.user;
        match users::set_email(tx, user.id, &token.email, &email::key(&token.email), now).await {
            // Somebody else has taken it meanwhile.
            Err(error) if error.is_unique_violation() => return Err(IdentityError::LinkInvalid),
            set => set?,
        }
        // Links that went to the old address must not open the account any more.
        email_tokens::delete_all(tx, user.id).await?;
        let letter = Letter::EmailChanged { name: user.name.clone(), new_address: token.email.clone() };
        self.write_to(tx, &user, letter).await?;
        let entry = Entry::platform(Action::UserEmailChanged).about(user.id).by(user.id);
        Ok(self.audit.record(tx, entry).await?)
    }

    /// [`send_verification_later`](Self::send_verification_later), for strangers.
    pub async fn resend_verification(
        self: &Arc<Self>,
        address: String,
        proof_of_work: Option<&str>,
    ) -> Result<(), IdentityError> {
        self.stranger_works(proof_of_work).await?;
        self.send_verification_later(address);
        Ok(())
    }

    /// Sends the letter again to an address that waits for its proof. Answers before it looks whether there is
    /// anything to send, so that its time tells nothing.
    pub(crate) fn send_verification_later(self: &Arc<Self>, address: String) {
        let this = self.clone();
        self.tasks.spawn("a letter that proves an address", async move {
            if let Err(error) = this.send_verification(&address).await {
                tracing::error!(%error, "a letter that proves an address could not be written");
            }
        });
    }

    async fn send_verification(&self, address: &str) -> Result<(), IdentityError> {
        let key = email::key(address);
        if email::check(address).is_err() || !self.may_write("verify_email", &key).await {
            return Ok(());
        }
        let mut tx = self.db.begin(Platform).await?;
        let found = users::find_by_email(&mut tx, &key).await?;
        let Some(found) = found.filter(|found| !found.disabled && !found.user.email_verified) else { return Ok(()) };
        let pending = email_tokens::newest_pending(&mut tx, found.user.id, self.env.now()).await?;
        let name = pending.as_ref().map_or(&found.user.name, |pending| &pending.name).clone();
        let token = Token { user: found.user.id, email: found.user.email.clone(), pending };
        self.write_link(&mut tx, Purpose::VerifyEmail, token, (&name, found.user.locale)).await?;
        Ok(tx.commit().await?)
    }
}
