//! A session's person proves again that it is them.

use std::net::IpAddr;

use contracts::{
    audit::{Action, Entry},
    identity::ProofMethod,
};
use database::Platform;
use kernel::{SessionId, Timestamp, UserId};
use serde_json::json;

use super::{Checked, Proof, WRONG_CODE, device};
use crate::{
    Identity, IdentityError,
    config::PROOF_TTL,
    store::{sessions, users},
};

const WRONG_PASSWORD: IdentityError =
    IdentityError::Invalid { field: "password", code: "wrong", message: "is not your password" };

/// Where a proof comes from.
#[derive(Debug, Clone)]
pub struct Client {
    pub ip: IpAddr,
    /// What the browser's cookie says that it is known by.
    pub device: Option<String>,
}

impl Identity {
    /// The ways in which the session's person can prove that it is them, if they have not lately; else none.
    pub(crate) async fn lacking_proof(
        &self,
        user: UserId,
        session: SessionId,
    ) -> Result<Vec<ProofMethod>, database::Error> {
        let proved = sessions::proved_at(&self.db, session, user).await?;
        if proved.is_some_and(|at| at + PROOF_TTL > self.env.now()) {
            return Ok(Vec::new());
        }
        self.proof_methods(user).await
    }

    /// Takes a proof of the session's person, and says until when it counts. Guesses are slowed as at a login.
    pub async fn step_up(
        &self,
        user: UserId,
        session: SessionId,
        proof: Proof,
        client: &Client,
    ) -> Result<Timestamp, IdentityError> {
        let found = users::credentials(&self.db, user).await?.ok_or(IdentityError::NoUser)?;
        let known = device(client.device.as_deref());
        let checked = match &proof {
            Proof::Password(password) => {
                let attempt = self.admit(&found.user.email, client.ip, known.as_ref()).await?;
                if !self.passwords.verify(password, Some(&found.password_hash)).await?.matches {
                    return Err(WRONG_PASSWORD);
                }
                self.forgive(attempt).await?;
                None
            }
            // One would be gone for what the password does as well.
            Proof::RecoveryCode(_) => return Err(WRONG_CODE),
            Proof::Totp(_) | Proof::Passkey(_) => {
                let attempt = self.admit_factor(user, &found.user.email, known.as_ref()).await?;
                Some((self.check(user, &proof).await?, attempt))
            }
        };
        let method = checked.as_ref().map_or("password", |(checked, _)| Checked::name(checked));
        let now = self.env.now();
        // Users and sessions belong to no workspace.
        let mut tx = self.db.begin(Platform).await?;
        let attempt = match checked {
            Some((checked, attempt)) => {
                self.spend(&mut tx, &found.user, checked, &client.ip.to_string()).await?;
                Some(attempt)
            }
            None => None,
        };
        sessions::note_proof(&mut tx, session, user, now).await?;
        let entry = Entry::platform(Action::SessionProved).about(session);
        self.audit.record(&mut tx, entry.after(json!({ "method": method }))).await?;
        tx.commit().await?;
        if let Some(attempt) = attempt {
            self.forgive(attempt).await?;
        }
        Ok(now + PROOF_TTL)
    }
}
