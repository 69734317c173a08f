//! Replaces the caller's password.

use std::net::IpAddr;

use contracts::{
    audit::{Action, Entry},
    mail::Letter,
};
use database::Platform;
use kernel::{SessionId, UserId};
use secrecy::SecretString;

use crate::{
    Identity, IdentityError, password,
    store::{
        challenges,
        email_tokens::{self, Purpose},
        sessions::{self, Reason},
        users,
    },
};

const WRONG: IdentityError =
    IdentityError::Invalid { field: "current_password", code: "wrong", message: "is not the current password" };

impl Identity {
    /// Checks the current password, under the same limits as a login, or without one that the session's person has
    /// proved lately that it is them; and replaces it. All other sessions of the user end, and a letter tells them.
    pub async fn change_password(
        &self,
        user: UserId,
        session: SessionId,
        ip: IpAddr,
        current: Option<&SecretString>,
        new: &SecretString,
    ) -> Result<(), IdentityError> {
        let found = users::credentials(&self.db, user).await?.ok_or(IdentityError::NoUser)?;
        password::check(new, &found.user.email).map_err(|message| IdentityError::Invalid {
            field: "new_password",
            code: "invalid",
            message,
        })?;
        self.check_person(&found, session, ip, current).await?;
        let hash = self.passwords.hash(new).await?;
        let now = self.env.now();
        // Users and sessions belong to no workspace.
        let mut tx = self.db.begin(Platform).await?;
        if !users::replace_password(&mut tx, user, &found.password_hash, &hash, now).await? {
            return Err(WRONG);
        }
        sessions::revoke_all(&mut tx, user, Some(session), Reason::PasswordChanged, now).await?;
        // Whoever asked for these may be whom the change is meant to shut out.
        email_tokens::delete_of(&mut tx, user, Purpose::ResetPassword).await?;
        email_tokens::delete_of(&mut tx, user, Purpose::ChangeEmail).await?;
        // A login that the old password began ends with it.
        challenges::delete_all(&mut tx, user).await?;
        let letter = Letter::PasswordChanged { name: found.user.name.clone(), at: now };
        self.write_to(&mut tx, &found.user, letter).await?;
        self.audit.record(&mut tx, Entry::platform(Action::UserPasswordChanged).about(user)).await?;
        Ok(tx.commit().await?)
    }

    /// The current password, or a proof of lately.
    pub(super) async fn check_person(
        &self,
        found: &users::Credentials,
        session: SessionId,
        ip: IpAddr,
        current: Option<&SecretString>,
    ) -> Result<(), IdentityError> {
        let Some(current) = current else {
            let methods = self.lacking_proof(found.user.id, session).await?;
            return if methods.is_empty() { Ok(()) } else { Err(IdentityError::StepUpRequired(methods)) };
        };
        let attempt = self.admit(&found.user.email, ip, None).await?;
        if !self.passwords.verify(current, Some(&found.password_hash)).await?.matches {
            return Err(WRONG);
        }
        self.forgive(attempt).await
    }
}
