//! How a person proves that it is them besides by the password: authenticator apps, recovery codes, passkeys.

mod log_in;
mod passkey;
mod recovery;
mod step_up;
mod totp;

use contracts::{
    audit::{Action, Entry},
    identity::ProofMethod,
    mail::Letter,
};
use database::Tx;
use kernel::UserId;
use secrecy::SecretString;
use serde_json::json;

use crate::{
    Identity, IdentityError,
    model::{Factors, SecondFactor, User},
    store::factors,
    token::Opaque,
};

pub use passkey::{NewPasskey, PasskeyAnswer};
pub use step_up::Client;

/// What somebody brings to prove that it is them.
#[derive(Debug)]
pub enum Proof {
    Password(SecretString),
    /// A code of an authenticator app.
    Totp(SecretString),
    RecoveryCode(SecretString),
    Passkey(PasskeyAnswer),
}

/// A code that is none, was used, or is too old: which, is not told.
const WRONG_CODE: IdentityError =
    IdentityError::Invalid { field: "code", code: "wrong", message: "is not a code that counts now" };

/// A proof that was found good, and has to be used up with what it allows, in one transaction.
enum Checked {
    Totp { secret: Vec<u8>, step: i64 },
    RecoveryCode(Vec<u8>),
    Passkey(Box<passkey::Signed>),
}

impl Checked {
    const fn name(&self) -> &'static str {
        match self {
            Self::Totp { .. } => "totp",
            Self::RecoveryCode(_) => "recovery_code",
            Self::Passkey(_) => "passkey",
        }
    }
}

impl Identity {
    /// How the user signs in besides by the password.
    pub async fn factors(&self, user: UserId) -> Result<Factors, IdentityError> {
        let owned = factors::owned(&self.db, user).await?;
        Ok(Factors {
            totp_since: owned.totp_since,
            passkeys: owned.passkeys,
            recovery_codes: owned.recovery_codes,
            passkeys_available: self.passkeys.is_some(),
        })
    }

    /// What can complete a login of the user whose password was right; empty: nothing has to.
    pub(crate) async fn second_factors(&self, user: UserId) -> Result<Vec<SecondFactor>, IdentityError> {
        let owned = factors::owned(&self.db, user).await?;
        let has_any = owned.totp_since.is_some() || owned.passkeys > 0;
        let all = [
            (SecondFactor::Totp, owned.totp_since.is_some()),
            (SecondFactor::Passkey, owned.passkeys > 0 && self.passkeys.is_some()),
            (SecondFactor::RecoveryCode, has_any),
        ];
        Ok(all.into_iter().filter_map(|(factor, has)| has.then_some(factor)).collect())
    }

    /// How the user can prove that it is them.
    pub(crate) async fn proof_methods(&self, user: UserId) -> Result<Vec<ProofMethod>, database::Error> {
        let owned = factors::owned(&self.db, user).await?;
        let all = [
            (ProofMethod::Passkey, owned.passkeys > 0 && self.passkeys.is_some()),
            (ProofMethod::Totp, owned.totp_since.is_some()),
            (ProofMethod::Password, true),
        ];
        Ok(all.into_iter().filter_map(|(method, has)| has.then_some(method)).collect())
    }

    /// Finds out whether the proof is good, and uses nothing up.
    async fn check(&self, user: UserId, proof: &Proof) -> Result<Checked, IdentityError> {
        match proof {
            Proof::Totp(code) => self.check_totp(user, code).await,
            Proof::RecoveryCode(code) => recovery::check(user, code),
            Proof::Passkey(answer) => {
                let signed = self.check_passkey(answer).await?;
                // Somebody else's passkey proves nothing about this user.
                if signed.user() == user {
                    Ok(Checked::Passkey(Box::new(signed)))
                } else {
                    Err(IdentityError::PasskeyRefused)
                }
            }
            Proof::Password(_) => Err(WRONG_CODE),
        }
    }

    /// Uses the proof up, with what it allows. An error has used nothing up once the transaction is dropped.
    async fn spend(&self, tx: &mut Tx, user: &User, checked: Checked, ip: &str) -> Result<(), IdentityError> {
        match checked {
            Checked::Totp { secret, step } => {
                if !factors::use_step(tx, user.id, secret, step).await? {
                    return Err(WRONG_CODE);
                }
            }
            Checked::RecoveryCode(hash) => {
                let left = factors::take_recovery_code(tx, user.id, hash).await?.ok_or(WRONG_CODE)?;
                let (name, ip, at) = (user.name.clone(), ip.to_owned(), self.env.now());
                self.write_to(tx, user, Letter::RecoveryCodeUsed { name, left, ip, at }).await?;
                let entry = Entry::platform(Action::RecoveryCodeUsed).about(user.id).by(user.id);
                self.audit.record(tx, entry.after(json!({ "left": left }))).await?;
            }
            Checked::Passkey(signed) => self.use_passkey(tx, *signed).await?,
        }
        Ok(())
    }

    /// Tells the user in a letter that a factor came or went, and the audit log.
    async fn tell_of_factor(
        &self,
        tx: &mut Tx,
        user: &User,
        factor: &'static str,
        added: bool,
    ) -> Result<(), IdentityError> {
        let (name, at) = (user.name.clone(), self.env.now());
        self.write_to(tx, user, Letter::SecondFactorChanged { name, factor: factor.to_owned(), added, at }).await?;
        let action = if added { Action::SecondFactorAdded } else { Action::SecondFactorRemoved };
        let entry = Entry::platform(action).about(user.id);
        let kind = json!({ "factor": factor });
        Ok(self.audit.record(tx, if added { entry.after(kind) } else { entry.before(kind) }).await?)
    }

    /// After a factor was removed: without any, recovery codes stand in for nothing.
    async fn drop_codes_without_factor(&self, tx: &mut Tx, user: UserId) -> Result<(), IdentityError> {
        if factors::count(tx, user).await? == 0 {
            factors::set_recovery_codes(tx, user, Vec::new(), self.env.now()).await?;
        }
        Ok(())
    }
}

/// What a browser is known by, if it says something that can be.
fn device(text: Option<&str>) -> Option<Opaque> {
    text.and_then(Opaque::parse)
}
