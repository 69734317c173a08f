//! Begins a session with an e-mail address and a password, or asks for a second factor.

use std::sync::Arc;

use contracts::audit::{Action, Entry};
use database::Platform;
use kernel::{UserId, WorkspaceId};
use secrecy::SecretString;
use web::Client;

use super::{SignedIn, choose};
use crate::{
    Identity, IdentityError,
    config::CHALLENGE_TTL,
    email,
    model::{SecondFactor, SecondFactorNeeded},
    store::{
        challenges::{self, Challenge, Purpose},
        factors, users,
    },
    token::Opaque,
};

#[derive(Debug)]
pub struct LogIn {
    pub email: String,
    pub password: SecretString,
    /// The workspace to work in; absent: the personal one.
    pub workspace: Option<WorkspaceId>,
    pub client: Client,
    /// What the browser's cookie says that it is known by.
    pub device: Option<String>,
    /// The solution of a challenge, where one was given.
    pub proof_of_work: Option<String>,
}

/// What a right password comes to.
#[derive(Debug)]
pub enum LoggedIn {
    Session(Box<SignedIn>),
    SecondFactor(StartedLogIn),
}

/// A login that lacks its second factor: no session yet.
#[derive(Debug)]
pub struct StartedLogIn {
    pub needed: SecondFactorNeeded,
    /// For a browser that has no cookie to be known by yet: the login goes on there only.
    pub device: Option<SecretString>,
}

impl Identity {
    /// Whether the address is unknown, the password wrong, the user disabled or the address still to be
    /// proved, the answer and the work are the same.
    pub async fn log_in(self: &Arc<Self>, log_in: LogIn) -> Result<LoggedIn, IdentityError> {
        let worked = self.password_works(log_in.proof_of_work.as_deref()).await?;
        let known = log_in.device.as_deref().and_then(Opaque::parse);
        let attempt = self.admit(&log_in.email, log_in.client.ip, known.as_ref()).await?;
        // What is no address has no user, and may hold what a database can't compare.
        let found = match email::check(&log_in.email) {
            Ok(()) => users::credentials_by_email(&self.db, &email::key(&log_in.email)).await?,
            Err(_) => None,
        };
        let hash = found.as_ref().map(|found| found.password_hash.as_str());
        if !worked {
            // Those who came in at the same moment as many others meet them here.
            self.password_works(log_in.proof_of_work.as_deref()).await?;
        }
        let verdict = self.passwords.verify(&log_in.password, hash).await?;
        let whose = found.as_ref().map(|found| found.user.id);
        let found = found.filter(|found| verdict.matches && !found.disabled);
        if let Some(unproved) = found.as_ref().filter(|found| !self.is_open(&found.user)) {
            // Who knows the password and forgot the letter finds another one.
            self.send_verification_later(unproved.user.email.clone());
        }
        let Some(found) = found.filter(|found| self.is_open(&found.user)) else {
            self.record_failure(whose).await?;
            return Err(IdentityError::InvalidCredentials);
        };
        self.may_sign_in_here(&found.user).await?;
        let new_hash = if verdict.outdated { Some(self.passwords.hash(&log_in.password).await?) } else { None };
        let methods = self.second_factors(found.user.id).await?;
        if !methods.is_empty() {
            // Guesses at the password are forgiven by the whole proof only: else whoever has the password could
            // wash away those at the second factor.
            let started = self.start_log_in(&found, new_hash.as_deref(), known, methods).await?;
            return Ok(LoggedIn::SecondFactor(started));
        }
        self.forgive(attempt).await?;
        let memberships = self.tenancy.memberships(found.user.id).await?;
        let membership = choose(memberships, log_in.workspace, None)?;

        // Users and sessions belong to no workspace.
        let mut tx = self.db.begin(Platform).await?;
        let now = self.env.now();
        let same = users::note_login(&mut tx, found.user.id, &found.password_hash, new_hash.as_deref(), now);
        if !same.await? {
            return Err(IdentityError::InvalidCredentials);
        }
        // A factor that was added meanwhile holds for this login too.
        if factors::count(&mut tx, found.user.id).await? > 0 {
            return Err(IdentityError::InvalidCredentials);
        }
        let begun = self.begin_session(&mut tx, found.user, membership, &log_in.client, known.as_ref()).await?;
        tx.commit().await?;
        Ok(LoggedIn::Session(Box::new(self.logged_in(begun).await?)))
    }

    /// Remembers that the password was right, for this browser and a few minutes.
    async fn start_log_in(
        &self,
        found: &users::Credentials,
        new_hash: Option<&str>,
        known: Option<Opaque>,
        methods: Vec<SecondFactor>,
    ) -> Result<StartedLogIn, IdentityError> {
        let (secret, now) = (Opaque::new(&self.env), self.env.now());
        let device = known.clone().unwrap_or_else(|| Opaque::new(&self.env));
        let challenge = Challenge { user: Some(found.user.id), device_hash: Some(device.hash()), state: None };
        let mut tx = self.db.begin(Platform).await?;
        // A password that was replaced meanwhile begins nothing: its change deletes what stands here.
        if !users::hold(&mut tx, found.user.id, &found.password_hash, new_hash).await? {
            return Err(IdentityError::InvalidCredentials);
        }
        challenges::insert(&mut tx, secret.hash(), Purpose::LogIn, challenge, (now, now + CHALLENGE_TTL)).await?;
        tx.commit().await?;
        let needed = SecondFactorNeeded { challenge: secret.expose(), methods, expires_in: CHALLENGE_TTL.as_secs() };
        Ok(StartedLogIn { needed, device: known.is_none().then(|| device.expose().into()) })
    }

    /// Writes down that it failed, and whose account it was about; of an address that has none, nothing:
    /// people type passwords there.
    async fn record_failure(&self, whose: Option<UserId>) -> Result<(), IdentityError> {
        let entry = Entry::platform(Action::LoginFailed);
        let entry = if let Some(user) = whose { entry.about(user) } else { entry };
        // Whoever tries to sign in is in no workspace yet.
        let mut tx = self.db.begin(Platform).await?;
        self.audit.record(&mut tx, entry).await?;
        Ok(tx.commit().await?)
    }
}
