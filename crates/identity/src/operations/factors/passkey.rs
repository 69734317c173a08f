//! Passkeys (WebAuthn Level 3): keys that a device makes and uses once it has recognized its person.

use database::{Platform, Tx};
use kernel::{PasskeyId, UserId};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use webauthn_rs::{
    Webauthn,
    prelude::{
        AuthenticationResult, DiscoverableAuthentication, PasskeyRegistration, PublicKeyCredential,
        RegisterPublicKeyCredential,
    },
};

use crate::{
    Identity, IdentityError,
    config::{CHALLENGE_TTL, MAX_PASSKEYS},
    model::{Ceremony, PasskeyInfo, RecoveryCodes},
    name,
    store::{
        challenges::{self, Challenge, Purpose},
        factors, passkeys, users,
    },
    token::Opaque,
};

/// What a browser sends after it has used or made a passkey.
#[derive(Debug)]
pub struct PasskeyAnswer {
    /// Of the [`Ceremony`].
    pub ceremony: SecretString,
    /// The credential in its own JSON.
    pub credential: Value,
}

/// A passkey that was added.
#[derive(Debug)]
pub struct NewPasskey {
    pub passkey: PasskeyInfo,
    /// For whoever had no factor before.
    pub codes: Option<RecoveryCodes>,
}

/// A signature that was found good, to be used up.
pub(super) struct Signed {
    key: passkeys::Stored,
    result: AuthenticationResult,
    /// Hash of its ceremony.
    ceremony: Vec<u8>,
}

impl Signed {
    pub(super) fn user(&self) -> UserId {
        self.key.user
    }
}

fn check_name(text: &str) -> Result<&str, IdentityError> {
    let invalid = |message| IdentityError::Invalid { field: "name", code: "invalid", message };
    name::check(text).map_err(invalid)?;
    if text.trim().is_empty() {
        return Err(invalid("must not be empty"));
    }
    Ok(text.trim())
}

impl Identity {
    fn webauthn(&self) -> Result<&Webauthn, IdentityError> {
        self.passkeys.as_ref().ok_or(IdentityError::PasskeysUnavailable)
    }

    async fn begin_ceremony(
        &self,
        purpose: Purpose,
        user: Option<UserId>,
        state: String,
        options: Value,
    ) -> Result<Ceremony, IdentityError> {
        let (secret, now) = (Opaque::new(&self.env), self.env.now());
        let challenge = Challenge { user, device_hash: None, state: Some(state) };
        // Users belong to no workspace.
        let mut tx = self.db.begin(Platform).await?;
        challenges::insert(&mut tx, secret.hash(), purpose, challenge, (now, now + CHALLENGE_TTL)).await?;
        tx.commit().await?;
        Ok(Ceremony { ceremony: secret.expose(), options })
    }

    /// What the browser needs to make a passkey for the user.
    pub async fn begin_passkey(&self, user: UserId) -> Result<Ceremony, IdentityError> {
        let found = users::user(&self.db, user).await?.ok_or(IdentityError::NoUser)?;
        let known = passkeys::credential_ids(&self.db, user).await?;
        let (mut creation, state) =
            self.webauthn()?.start_passkey_registration(user.uuid(), &found.email, &found.name, Some(known))?;
        if let Some(selection) = &mut creation.public_key.authenticator_selection {
            // Only a key that the device finds by itself can sign somebody in who has typed nothing.
            selection.require_resident_key = true;
        }
        let mut options = serde_json::to_value(creation.public_key)?;
        options["authenticatorSelection"]["residentKey"] = "required".into();
        let state = serde_json::to_string(&state)?;
        self.begin_ceremony(Purpose::RegisterPasskey, Some(user), state, options).await
    }

    /// Keeps the passkey that the browser has made. Whoever has no other factor gets recovery codes.
    pub async fn add_passkey(
        &self,
        user: UserId,
        name: &str,
        answer: &PasskeyAnswer,
    ) -> Result<NewPasskey, IdentityError> {
        let name = check_name(name)?;
        let webauthn = self.webauthn()?;
        let hash = Opaque::parse(answer.ceremony.expose_secret()).ok_or(IdentityError::ChallengeEnded)?.hash();
        let now = self.env.now();
        let mut tx = self.db.begin(Platform).await?;
        let user = users::lock(&mut tx, user).await?.ok_or(IdentityError::NoUser)?;
        let begun = challenges::take(&mut tx, hash, Purpose::RegisterPasskey, now).await?;
        let begun = begun.filter(|begun| begun.user == Some(user.id)).ok_or(IdentityError::ChallengeEnded)?;
        let state: PasskeyRegistration = serde_json::from_str(begun.state.as_deref().unwrap_or_default())?;
        let credential: RegisterPublicKeyCredential =
            serde_json::from_value(answer.credential.clone()).map_err(|_| IdentityError::PasskeyRefused)?;
        let key = webauthn.finish_passkey_registration(&credential, &state).map_err(refused)?;
        if passkeys::count(&mut tx, user.id).await? >= MAX_PASSKEYS {
            return Err(IdentityError::TooManyPasskeys(MAX_PASSKEYS));
        }
        let first = factors::count(&mut tx, user.id).await? == 0;
        let id: PasskeyId = self.env.id();
        let new = passkeys::New { id, user: user.id, name, key, now };
        if !passkeys::insert(&mut tx, new).await? {
            return Err(IdentityError::PasskeyRefused);
        }
        let codes = if first { Some(self.write_recovery_codes(&mut tx, user.id).await?) } else { None };
        self.tell_of_factor(&mut tx, &user, "passkey", true).await?;
        tx.commit().await?;
        let passkey = PasskeyInfo { id, name: name.to_owned(), created_at: now, last_used_at: None };
        Ok(NewPasskey { passkey, codes })
    }

    /// The newest first, below the given id, `limit` at the most.
    pub async fn passkeys(
        &self,
        user: UserId,
        before: Option<PasskeyId>,
        limit: u32,
    ) -> Result<Vec<PasskeyInfo>, IdentityError> {
        Ok(passkeys::list(&self.db, user, before, i64::from(limit)).await?)
    }

    pub async fn rename_passkey(&self, user: UserId, id: PasskeyId, name: &str) -> Result<PasskeyInfo, IdentityError> {
        let name = check_name(name)?;
        let mut tx = self.db.begin(Platform).await?;
        let passkey = passkeys::rename(&mut tx, user, id, name).await?.ok_or(IdentityError::NoPasskey)?;
        tx.commit().await?;
        Ok(passkey)
    }

    pub async fn remove_passkey(&self, user: UserId, id: PasskeyId) -> Result<(), IdentityError> {
        let mut tx = self.db.begin(Platform).await?;
        let user = users::lock(&mut tx, user).await?.ok_or(IdentityError::NoUser)?;
        if !passkeys::delete(&mut tx, user.id, id).await? {
            return Err(IdentityError::NoPasskey);
        }
        self.drop_codes_without_factor(&mut tx, user.id).await?;
        self.tell_of_factor(&mut tx, &user, "passkey", false).await?;
        tx.commit().await?;
        Ok(())
    }

    /// What the browser needs to use a passkey, whosever: which one it is, the answer says. So nothing that is
    /// asked before tells who has passkeys.
    pub async fn ask_passkey(&self) -> Result<Ceremony, IdentityError> {
        let (request, state) = self.webauthn()?.start_discoverable_authentication()?;
        let options = serde_json::to_value(request.public_key)?;
        self.begin_ceremony(Purpose::UsePasskey, None, serde_json::to_string(&state)?, options).await
    }

    /// Finds out whose passkey has signed what it was asked to, where it may, having recognized its person.
    pub(super) async fn check_passkey(&self, answer: &PasskeyAnswer) -> Result<Signed, IdentityError> {
        let webauthn = self.webauthn()?;
        let ceremony = Opaque::parse(answer.ceremony.expose_secret()).ok_or(IdentityError::ChallengeEnded)?.hash();
        let now = self.env.now();
        let begun = challenges::find(&self.db, ceremony.clone(), Purpose::UsePasskey, 1, now).await?;
        let begun = begun.ok_or(IdentityError::ChallengeEnded)?;
        let state: DiscoverableAuthentication = serde_json::from_str(begun.state.as_deref().unwrap_or_default())?;
        let credential: PublicKeyCredential =
            serde_json::from_value(answer.credential.clone()).map_err(|_| IdentityError::PasskeyRefused)?;
        let (user, credential_id) = webauthn.identify_discoverable_authentication(&credential).map_err(refused)?;
        let key = passkeys::find(&self.db, credential_id).await?;
        let key = key.filter(|key| key.user.uuid() == user).ok_or(IdentityError::PasskeyRefused)?;
        let result = webauthn.finish_discoverable_authentication_v2(&credential, state, &key.key).map_err(refused)?;
        Ok(Signed { key, result, ceremony })
    }

    /// Uses the signature up.
    pub(super) async fn use_passkey(&self, tx: &mut Tx, signed: Signed) -> Result<(), IdentityError> {
        let Signed { mut key, result, ceremony } = signed;
        let now = self.env.now();
        let taken = challenges::take(tx, ceremony, Purpose::UsePasskey, now).await?;
        taken.ok_or(IdentityError::ChallengeEnded)?;
        key.key.update_credential(&result);
        // A copy of the key that signs at the same time has the same counter.
        if !passkeys::note_use(tx, key, i64::from(result.counter()), now).await? {
            return Err(IdentityError::PasskeyRefused);
        }
        Ok(())
    }
}

/// Why, is for the log.
fn refused(error: webauthn_rs::prelude::WebauthnError) -> IdentityError {
    tracing::info!(%error, "a passkey was refused");
    IdentityError::PasskeyRefused
}
