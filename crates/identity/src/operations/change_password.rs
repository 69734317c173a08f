//! Replaces the caller's password.

use std::net::IpAddr;

use database::Platform;
use kernel::{SessionId, UserId};
use secrecy::SecretString;

use crate::{
    Identity, IdentityError, password,
    store::{
        sessions::{self, Reason},
        users,
    },
};

const WRONG: IdentityError =
    IdentityError::Invalid { field: "current_password", code: "wrong", message: "is not the current password" };

impl Identity {
    /// Checks the current password, under the same limits as a login, and replaces it. All
    /// other sessions of the user end.
    pub async fn change_password(
        &self,
        user: UserId,
        session: SessionId,
        ip: IpAddr,
        current: &SecretString,
        new: &SecretString,
    ) -> Result<(), IdentityError> {
        let found = users::credentials(&self.db, user).await?.ok_or(IdentityError::NoUser)?;
        password::check(new, &found.user.email).map_err(|message| IdentityError::Invalid {
            field: "new_password",
            code: "invalid",
            message,
        })?;
        let attempt = self.admit(&found.user.email, ip).await?;
        if !self.passwords.verify(current, Some(&found.password_hash)).await?.matches {
            return Err(WRONG);
        }
        self.forgive(attempt).await?;
        let hash = self.passwords.hash(new).await?;
        let now = self.env.now();
        // Users and sessions belong to no workspace.
        let mut tx = self.db.begin(Platform).await?;
        if !users::replace_password(&mut tx, user, &found.password_hash, &hash, now).await? {
            return Err(WRONG);
        }
        sessions::revoke_all(&mut tx, user, Some(session), Reason::PasswordChanged, now).await?;
        tx.commit().await?;
        tracing::info!(target: "audit", event = "user.password_changed", user = %user, session = %session);
        Ok(())
    }
}
