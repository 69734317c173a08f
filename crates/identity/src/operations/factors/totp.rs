//! Codes of an authenticator app (RFC 6238): six digits, SHA-1, 30 seconds, one step early or late.

use database::Platform;
use kernel::UserId;
use secrecy::{ExposeSecret, SecretString};
use totp_rs::{Builder, Secret, Totp};
use uuid::Uuid;

use super::{Checked, WRONG_CODE};
use crate::{
    Identity, IdentityError,
    model::{RecoveryCodes, TotpSetUp},
    store::{factors, users},
};

/// Random bytes of a secret, as RFC 4226 recommends.
const SECRET: usize = 20;
/// The name that the app shows.
const ISSUER: &str = "Parlance";

fn of(secret: &[u8], account: &str) -> Result<Totp, IdentityError> {
    // A colon would end the label's first half; no address that we accept has one outside of quotes.
    let account = account.replace(':', " ");
    let secret = Secret::new(secret.into());
    Ok(Builder::new().with_secret(secret).with_account_name(account).with_issuer(Some(ISSUER)).build()?)
}

/// Where a user's secret belongs.
fn place(user: &Uuid) -> [&[u8]; 2] {
    [b"totp", user.as_bytes()]
}

impl Identity {
    /// Makes a secret for the user's authenticator app. It is in force once a first code was made from it; until
    /// then another one may take its place.
    pub async fn begin_totp(&self, user: UserId) -> Result<TotpSetUp, IdentityError> {
        let secret = self.env.random::<SECRET>();
        let sealed = self.vault.seal(&self.env, &place(&user.uuid()), &secret)?;
        // Users belong to no workspace.
        let mut tx = self.db.begin(Platform).await?;
        let found = users::lock(&mut tx, user).await?.ok_or(IdentityError::NoUser)?;
        if !factors::begin_totp(&mut tx, user, sealed, self.env.now()).await? {
            return Err(IdentityError::TotpExists);
        }
        tx.commit().await?;
        let totp = of(&secret, &found.email)?;
        Ok(TotpSetUp { secret: totp.secret().to_base32(), uri: totp.to_url()? })
    }

    /// Puts the app in force with its first code. Whoever has no other factor gets recovery codes.
    pub async fn confirm_totp(
        &self,
        user: UserId,
        code: &SecretString,
    ) -> Result<Option<RecoveryCodes>, IdentityError> {
        let found = factors::totp(&self.db, user).await?.ok_or(IdentityError::NoTotp)?;
        if found.confirmed_at.is_some() {
            return Err(IdentityError::TotpExists);
        }
        let step = self.step(user, &found.secret, code)?.ok_or(WRONG_CODE)?;
        let mut tx = self.db.begin(Platform).await?;
        let user = users::lock(&mut tx, user).await?.ok_or(IdentityError::NoUser)?;
        let first = factors::count(&mut tx, user.id).await? == 0;
        if !factors::confirm_totp(&mut tx, user.id, found.secret, step, self.env.now()).await? {
            return Err(IdentityError::NoTotp);
        }
        let codes = if first { Some(self.write_recovery_codes(&mut tx, user.id).await?) } else { None };
        self.tell_of_factor(&mut tx, &user, "totp", true).await?;
        tx.commit().await?;
        Ok(codes)
    }

    /// Asks for no codes any more.
    pub async fn remove_totp(&self, user: UserId) -> Result<(), IdentityError> {
        let mut tx = self.db.begin(Platform).await?;
        let user = users::lock(&mut tx, user).await?.ok_or(IdentityError::NoUser)?;
        if !factors::delete_totp(&mut tx, user.id).await? {
            return Err(IdentityError::NoTotp);
        }
        self.drop_codes_without_factor(&mut tx, user.id).await?;
        self.tell_of_factor(&mut tx, &user, "totp", false).await?;
        tx.commit().await?;
        Ok(())
    }

    pub(super) async fn check_totp(&self, user: UserId, code: &SecretString) -> Result<Checked, IdentityError> {
        let found = factors::totp(&self.db, user).await?.filter(|found| found.confirmed_at.is_some());
        let found = found.ok_or(WRONG_CODE)?;
        let step = self.step(user, &found.secret, code)?.ok_or(WRONG_CODE)?;
        Ok(Checked::Totp { secret: found.secret, step })
    }

    /// The time step that the code is of, if it is of one that counts now.
    fn step(&self, user: UserId, sealed: &[u8], code: &SecretString) -> Result<Option<i64>, IdentityError> {
        let code: String = code.expose_secret().chars().filter(|character| !character.is_whitespace()).collect();
        if code.len() != 6 || !code.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(None);
        }
        let secret = self.vault.unseal(&place(&user.uuid()), sealed)?;
        let now = u64::try_from(self.env.now().seconds()).unwrap_or(0);
        let step = of(secret.expose_secret(), "")?.check(&code, now);
        Ok(step.and_then(|step| i64::try_from(step).ok()))
    }
}
