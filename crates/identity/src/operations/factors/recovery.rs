//! Recovery codes: ways in for whoever has lost their factors. 120 random bits each, shown once, stored as
//! SHA-256 with the user's id, so that they can't be looked up in a table made beforehand.

use aws_lc_rs::digest;
use contracts::audit::{Action, Entry};
use database::{Platform, Tx};
use kernel::{Env, UserId};
use secrecy::{ExposeSecret, SecretString};

use super::{Checked, WRONG_CODE};
use crate::{
    Identity, IdentityError,
    model::RecoveryCodes,
    store::{factors, users},
};

/// How many there are.
const CODES: usize = 10;
/// Crockford's base 32, in which no two characters look alike.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const LENGTH: usize = 24;
/// Characters between hyphens.
const GROUP: usize = 4;

fn new_code(env: &Env) -> String {
    let mut code = String::with_capacity(LENGTH + LENGTH / GROUP);
    for (index, byte) in env.random::<LENGTH>().into_iter().enumerate() {
        if index > 0 && index % GROUP == 0 {
            code.push('-');
        }
        code.push(char::from(ALPHABET[usize::from(byte) % ALPHABET.len()]));
    }
    code
}

/// As it was made, however it was typed. None: it can't be one.
fn normal(typed: &str) -> Option<String> {
    let code: String = typed
        .chars()
        .filter(|character| !character.is_whitespace() && *character != '-')
        .map(|character| match character.to_ascii_lowercase() {
            'o' => '0',
            'i' | 'l' => '1',
            other => other,
        })
        .collect();
    let fits = code.len() == LENGTH && code.bytes().all(|byte| ALPHABET.contains(&byte));
    fits.then_some(code)
}

fn hash(user: UserId, normal: &str) -> Vec<u8> {
    let text = [user.uuid().as_bytes().as_slice(), normal.as_bytes()].concat();
    digest::digest(&digest::SHA256, &text).as_ref().to_vec()
}

pub(super) fn check(user: UserId, typed: &SecretString) -> Result<Checked, IdentityError> {
    let code = normal(typed.expose_secret()).ok_or(WRONG_CODE)?;
    Ok(Checked::RecoveryCode(hash(user, &code)))
}

impl Identity {
    /// Makes new codes in place of all old ones.
    pub(super) async fn write_recovery_codes(&self, tx: &mut Tx, user: UserId) -> Result<RecoveryCodes, IdentityError> {
        let codes: Vec<String> = (0..CODES).map(|_| new_code(&self.env)).collect();
        let hashes = codes.iter().filter_map(|code| normal(code)).map(|code| hash(user, &code)).collect();
        factors::set_recovery_codes(tx, user, hashes, self.env.now()).await?;
        Ok(RecoveryCodes { recovery_codes: codes })
    }

    /// New codes for somebody who has a factor; the old ones are worth nothing from now on.
    pub async fn renew_recovery_codes(&self, user: UserId) -> Result<RecoveryCodes, IdentityError> {
        // Users belong to no workspace.
        let mut tx = self.db.begin(Platform).await?;
        users::lock(&mut tx, user).await?.ok_or(IdentityError::NoUser)?;
        if factors::count(&mut tx, user).await? == 0 {
            return Err(IdentityError::NoFactor);
        }
        let codes = self.write_recovery_codes(&mut tx, user).await?;
        self.audit.record(&mut tx, Entry::platform(Action::RecoveryCodesRenewed).about(user)).await?;
        tx.commit().await?;
        Ok(codes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_known_however_it_is_typed() {
        let env = Env::system();
        let (user, code) = (env.id(), new_code(&env));
        assert_eq!(code.len(), 29);
        let plain = normal(&code).unwrap();
        for typed in [code.to_uppercase(), code.replace('-', " "), code.replace('0', "O").replace('1', "l")] {
            assert_eq!(normal(&typed).as_deref(), Some(plain.as_str()), "{typed}");
        }
        assert_ne!(hash(user, &plain), hash(env.id(), &plain));
        for bad in ["", "4k7m-q2vx-9d3h-w8np", "4k7m-q2vx-9d3h-w8np-4k7m-q2vu", "4k7m-q2vx-9d3h-w8np-4k7m-q2vx-9d3h"] {
            assert_eq!(normal(bad), None, "{bad}");
        }
    }
}
