//! A stranger makes an account.

use secrecy::SecretString;

use super::NewUser;
use crate::{Identity, IdentityError, model::Locale};

#[derive(Debug)]
pub struct SignUp {
    pub email: String,
    pub password: SecretString,
    /// Absent: what stands before the `@`.
    pub name: Option<String>,
    /// Absent: English.
    pub locale: Option<Locale>,
}

impl Identity {
    /// Makes the user and their personal workspace, unless the address is taken. Says nothing
    /// of which it was, and does the same work in both cases but for the rows themselves.
    pub async fn sign_up(&self, sign_up: SignUp) -> Result<(), IdentityError> {
        if !self.config.sign_up_open {
            return Err(IdentityError::SignUpClosed);
        }
        let new = NewUser {
            email: sign_up.email,
            password: sign_up.password,
            name: sign_up.name,
            locale: sign_up.locale,
            platform_admin: false,
        };
        match self.create_user(new).await {
            Ok(_) | Err(IdentityError::EmailTaken) => Ok(()),
            Err(error) => Err(error),
        }
    }
}
