//! A stranger makes an account.

use contracts::mail::Letter;
use database::Platform;
use secrecy::{ExposeSecret, SecretString};

use super::NewUser;
use crate::{
    Identity, IdentityError, email,
    model::Locale,
    store::{
        email_tokens::{Pending, Purpose, Token},
        users,
    },
};

#[derive(Debug)]
pub struct SignUp {
    pub email: String,
    pub password: SecretString,
    /// Absent: what stands before the `@`.
    pub name: Option<String>,
    /// Absent: English.
    pub locale: Option<Locale>,
    /// The secret of an invitation's link, where somebody was invited.
    pub invitation: Option<SecretString>,
    /// The solution of a challenge, where one was given.
    pub proof_of_work: Option<String>,
}

impl Identity {
    /// Makes the user and their personal workspace, unless the address is taken. Either way a letter goes to
    /// the address, and only there it stands which it was; the work is the same but for the rows themselves.
    ///
    /// Where addresses have to be proved, whoever proves one gets the account with the name and the password
    /// of their own sign-up: an earlier one by somebody else is worth nothing.
    pub async fn sign_up(&self, sign_up: SignUp) -> Result<(), IdentityError> {
        if !self.config.sign_up_open {
            return Err(IdentityError::SignUpClosed);
        }
        let invited = match &sign_up.invitation {
            Some(link) => self.tenancy.invites(link.expose_secret(), &sign_up.email).await?,
            None => false,
        };
        self.config.sign_up_rules.check(&sign_up.email, invited)?;
        self.stranger_works(sign_up.proof_of_work.as_deref()).await?;
        let may_write = self.may_write("sign_up", &email::key(&sign_up.email)).await;
        let new = NewUser {
            email: sign_up.email,
            password: sign_up.password,
            name: sign_up.name,
            locale: sign_up.locale,
            platform_admin: false,
        };
        let row = self.new_row(new, false).await?;
        // Neither the user nor their workspace exists before this transaction.
        let mut tx = self.db.begin(Platform).await?;
        let user = if self.insert_user(&mut tx, &row).await? {
            Some(row.id)
        } else {
            let taken = users::find_by_email(&mut tx, &row.email_lower).await?.filter(|found| !found.disabled);
            match taken {
                Some(found) if self.is_open(&found.user) => {
                    if may_write {
                        let letter =
                            Letter::AlreadySignedUp { name: found.user.name.clone(), path: "/login".to_owned() };
                        self.write_to(&mut tx, &found.user, letter).await?;
                    }
                    None
                }
                Some(found) => Some(found.user.id),
                None => None,
            }
        };
        if let Some(user) = user.filter(|_| may_write) {
            // A link that proves the address of an account that is open already changes nothing else about it.
            let pending = self
                .config
                .require_verified_email
                .then(|| Pending { name: row.name.clone(), password_hash: row.password_hash.clone() });
            let token = Token { user, email: row.email.clone(), pending };
            self.write_link(&mut tx, Purpose::VerifyEmail, token, (&row.name, row.locale)).await?;
        }
        tx.commit().await?;
        Ok(())
    }
}
