//! Begins a session with an e-mail address and a password.

use std::sync::Arc;

use contracts::mail::Letter;
use database::Platform;
use kernel::WorkspaceId;
use secrecy::SecretString;
use web::Client;

use super::{SignedIn, choose};
use crate::{
    Identity, IdentityError,
    config::{SESSION_IDLE, SESSION_MAX},
    device, email,
    store::{devices, sessions, users},
    token::{Opaque, RefreshToken},
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
}

impl Identity {
    /// Whether the address is unknown, the password wrong, the user disabled or the address still to be
    /// proved, the answer and the work are the same.
    pub async fn log_in(self: &Arc<Self>, log_in: LogIn) -> Result<SignedIn, IdentityError> {
        let attempt = self.admit(&log_in.email, log_in.client.ip).await?;
        // What is no address has no user, and may hold what a database can't compare.
        let found = match email::check(&log_in.email) {
            Ok(()) => users::credentials_by_email(&self.db, &email::key(&log_in.email)).await?,
            Err(_) => None,
        };
        let hash = found.as_ref().map(|found| found.password_hash.as_str());
        let verdict = self.passwords.verify(&log_in.password, hash).await?;
        let found = found.filter(|found| verdict.matches && !found.disabled);
        if let Some(unproved) = found.as_ref().filter(|found| !self.is_open(&found.user)) {
            // Who knows the password and forgot the letter finds another one.
            self.send_verification_later(unproved.user.email.clone());
        }
        let Some(found) = found.filter(|found| self.is_open(&found.user)) else {
            tracing::info!(target: "audit", event = "login.failed", ip = %log_in.client.ip);
            return Err(IdentityError::InvalidCredentials);
        };
        self.forgive(attempt).await?;

        let new_hash = if verdict.outdated { Some(self.passwords.hash(&log_in.password).await?) } else { None };
        let memberships = self.tenancy.memberships(found.user.id).await?;
        let membership = choose(memberships, log_in.workspace, None)?;
        let now = self.env.now();
        let session = self.env.id();
        let token = RefreshToken::new(&self.env);
        let expires_at = now + SESSION_IDLE;

        // Users and sessions belong to no workspace.
        let mut tx = self.db.begin(Platform).await?;
        let same = users::note_login(&mut tx, found.user.id, &found.password_hash, new_hash.as_deref(), now);
        if !same.await? {
            return Err(IdentityError::InvalidCredentials);
        }
        let row = sessions::NewSession {
            id: session,
            user: found.user.id,
            workspace: membership.workspace,
            user_agent: log_in.client.user_agent.as_deref(),
            ip: &log_in.client.ip.to_string(),
            now,
            expires_at,
            absolute_expires_at: now + SESSION_MAX,
            token_hash: token.hash(),
        };
        sessions::insert(&mut tx, row).await?;
        let known = log_in.device.as_deref().and_then(Opaque::parse);
        let device = known.clone().unwrap_or_else(|| Opaque::new(&self.env));
        if devices::note(&mut tx, found.user.id, device.hash(), now).await? {
            let letter = Letter::NewDevice {
                name: found.user.name.clone(),
                device: device::describe(log_in.client.user_agent.as_deref()),
                ip: log_in.client.ip.to_string(),
                at: now,
            };
            self.write_to(&mut tx, &found.user, letter).await?;
        }
        tx.commit().await?;
        tracing::info!(target: "audit", event = "login.succeeded", user = %found.user.id, session = %session, ip = %log_in.client.ip);
        let signed_in = self.signed_in(found.user, membership, session, &token, expires_at)?;
        let device = known.is_none().then(|| device.expose().into());
        Ok(SignedIn { device, ..signed_in })
    }
}
