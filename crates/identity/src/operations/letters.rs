//! What the operations share that write letters.

use contracts::mail::{Letter, Mail};
use database::Tx;

use crate::{
    Identity, IdentityError,
    config::{LETTERS, RESET_TTL, VERIFY_TTL},
    model::{Locale, User},
    store::email_tokens::{self, Purpose, Token},
    token::Opaque,
};

impl Identity {
    /// Whether another letter of this kind may go to `to`. Asked before it is known whether there is
    /// anything to write, so that it tells nothing.
    pub(super) async fn may_write(&self, kind: &str, to: &str) -> bool {
        self.limiter.check(&LETTERS, &format!("{kind} {to}")).await.allowed
    }

    /// A letter to the user's own address, in their language.
    pub(crate) async fn write_to(&self, tx: &mut Tx, user: &User, letter: Letter) -> Result<(), IdentityError> {
        self.write(tx, &user.email, user.locale, letter).await
    }

    pub(super) async fn write(
        &self,
        tx: &mut Tx,
        to: &str,
        locale: Locale,
        letter: Letter,
    ) -> Result<(), IdentityError> {
        let mail = Mail { to: to.to_owned(), locale: locale.as_str().to_owned(), letter };
        Ok(self.mailer.post(tx, mail).await?)
    }

    /// Writes a letter with a link that works once. The link's secret stands after the `#`, which browsers
    /// send to nobody.
    pub(super) async fn write_link(
        &self,
        tx: &mut Tx,
        purpose: Purpose,
        token: Token,
        (name, locale): (&str, Locale),
    ) -> Result<(), IdentityError> {
        let secret = Opaque::new(&self.env);
        let now = self.env.now();
        let lifetime = if purpose == Purpose::ResetPassword { RESET_TTL } else { VERIFY_TTL };
        let expires_at = now + lifetime;
        email_tokens::insert(tx, secret.hash(), purpose, &token, (now, expires_at)).await?;
        let (name, secret) = (name.to_owned(), secret.expose());
        let letter = match purpose {
            Purpose::VerifyEmail => Letter::VerifyEmail { name, path: format!("/verify-email#{secret}"), expires_at },
            Purpose::ChangeEmail => Letter::ChangeEmail { name, path: format!("/change-email#{secret}"), expires_at },
            Purpose::ResetPassword => {
                Letter::ResetPassword { name, path: format!("/reset-password#{secret}"), expires_at }
            }
        };
        self.write(tx, &token.email, locale, letter).await
    }

    /// Whether the account may be used.
    pub(super) fn is_open(&self, user: &User) -> bool {
        user.email_verified || !self.config.require_verified_email
    }
}
