//! Another address for the caller, once they have proved it.

use std::net::IpAddr;

use contracts::audit::{Action, Entry};
use database::Platform;
use kernel::{SessionId, UserId};
use secrecy::SecretString;

use crate::{
    Identity, IdentityError, email,
    store::{
        email_tokens::{self, Purpose, Token},
        users,
    },
};

impl Identity {
    /// Checks who it is, as [`Identity::change_password`] does, and sends a link to the new address. Until
    /// it is used, nothing changes. Whether the new address has a user already is not told.
    pub async fn change_email(
        &self,
        user: UserId,
        session: SessionId,
        ip: IpAddr,
        current: Option<&SecretString>,
        address: &str,
    ) -> Result<(), IdentityError> {
        let invalid = |code, message| IdentityError::Invalid { field: "email", code, message };
        email::check(address).map_err(|message| invalid("invalid", message))?;
        let found = users::credentials(&self.db, user).await?.ok_or(IdentityError::NoUser)?;
        if email::key(address) == email::key(&found.user.email) {
            return Err(invalid("same", "is your address already"));
        }
        self.check_person(&found, session, ip, current).await?;
        let may_write = self.may_write("change_email", &email::key(address)).await
            && self.may_write("change_email", &user.to_string()).await;
        // Users and their links belong to no workspace.
        let mut tx = self.db.begin(Platform).await?;
        email_tokens::delete_of(&mut tx, user, Purpose::ChangeEmail).await?;
        let taken = users::find_by_email(&mut tx, &email::key(address)).await?.is_some();
        if may_write && !taken {
            let token = Token { user, email: email::display(address), pending: None };
            let reader = (found.user.name.as_str(), found.user.locale);
            self.write_link(&mut tx, Purpose::ChangeEmail, token, reader).await?;
        }
        self.audit.record(&mut tx, Entry::platform(Action::UserEmailChangeRequested).about(user)).await?;
        Ok(tx.commit().await?)
    }
}
