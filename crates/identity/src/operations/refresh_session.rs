//! Renews a session with its refresh token, and rotates the token.
//!
//! A token that was rotated gives the newest token of its lineage for [`REFRESH_GRACE`], so that
//! tabs that renew at the same time, or a client whose answer was lost, go on. Afterwards its use
//! means that two parties hold the lineage: the session ends for both.

use contracts::{
    audit::{Action, Entry},
    mail::Letter,
};
use database::{Platform, Tx};
use events::outbox::NewEvent;
use kernel::{SessionId, TenantScope, Timestamp, WorkspaceId};
use serde_json::json;
use web::Client;

use super::{SignedIn, choose};
use crate::{
    Identity, IdentityError,
    config::{REFRESH_GRACE, SESSION_IDLE},
    device,
    store::{
        deletion,
        sessions::{self, Presented, Reason},
    },
    token::RefreshToken,
};

/// Rotations inside one grace. More is no client's parallel work.
const MAX_STEPS: usize = 100;

fn reused(rotated_at: Timestamp, now: Timestamp) -> bool {
    rotated_at + REFRESH_GRACE < now
}

impl Identity {
    /// Renews the session of `token`, in `workspace` if one is wanted, else in its last one.
    /// An error other than [`IdentityError::RefreshReused`] leaves everything as it was.
    pub async fn refresh_session(
        &self,
        token: &str,
        workspace: Option<WorkspaceId>,
        client: &Client,
    ) -> Result<SignedIn, IdentityError> {
        let presented = RefreshToken::parse(token).ok_or(IdentityError::RefreshInvalid)?;
        let now = self.env.now();
        let found = sessions::presented(&self.db, presented.hash(), now).await?.ok_or(IdentityError::RefreshInvalid)?;
        if found.rotated_at.is_some_and(|at| reused(at, now)) {
            // Sessions belong to no workspace.
            let tx = self.db.begin(Platform).await?;
            return self.end_reused(tx, &found).await;
        }
        // Before the transaction: it holds locks, and must not wait for another connection.
        let memberships = self.tenancy.memberships(found.user.id).await?;
        let membership = choose(memberships, workspace, Some(found.last_workspace))?;

        let mut tx = self.db.begin(Platform).await?;
        let now = self.env.now();
        let rotated_at =
            sessions::rotate(&mut tx, presented.hash(), now).await?.ok_or(IdentityError::RefreshInvalid)?;
        if reused(rotated_at, now) {
            return self.end_reused(tx, &found).await;
        }
        let newest = self.newest_of_lineage(&mut tx, presented, found.session, now).await?;
        let renewal = sessions::Renewal {
            session: found.session,
            workspace: membership.workspace,
            user_agent: client.user_agent.as_deref(),
            ip: &client.ip.to_string(),
            now,
            idle_until: now + SESSION_IDLE,
        };
        let expires_at = sessions::renew(&mut tx, renewal).await?.ok_or(IdentityError::RefreshInvalid)?;
        tx.commit().await?;
        let erases_at = deletion::erases_at(&self.db, found.user.id).await?;
        let mut signed_in =
            self.signed_in(found.user, membership, found.session, &newest, expires_at, found.impersonation)?;
        signed_in.session.erases_at = erases_at;
        Ok(signed_in)
    }

    /// The token after `token` that has no successor yet, made if it is not there.
    async fn newest_of_lineage(
        &self,
        tx: &mut Tx,
        token: RefreshToken,
        session: SessionId,
        now: Timestamp,
    ) -> Result<RefreshToken, IdentityError> {
        let mut token = token;
        for _ in 0..MAX_STEPS {
            token = token.successor(self.keys.refresh_secret());
            if sessions::insert_successor(tx, token.hash(), session, now).await? {
                return Ok(token);
            }
        }
        Err(IdentityError::RefreshInvalid)
    }

    /// Ends the family, leaves a durable record of it, and tells its owner in a letter.
    async fn end_reused(&self, mut tx: Tx, found: &Presented) -> Result<SignedIn, IdentityError> {
        let (session, user) = (found.session, found.user.id);
        sessions::revoke(&mut tx, session, user, Reason::RefreshReused, self.env.now()).await?;
        let event = NewEvent {
            event_type: "session.refresh_reused",
            subject: session.uuid(),
            payload: json!({ "session_id": session, "user_id": user }).to_string(),
        };
        // The session's own workspace: the one that it last acted in.
        let scope = TenantScope::assume(found.last_workspace);
        self.outbox.append(&mut tx, &scope, event).await?;
        let letter = Letter::SessionStolen {
            name: found.user.name.clone(),
            device: device::describe(found.user_agent.as_deref()),
            at: self.env.now(),
        };
        self.write_to(&mut tx, &found.user, letter).await?;
        let entry = Entry::platform(Action::SessionReused).about(session).after(json!({ "user": user }));
        self.audit.record(&mut tx, entry).await?;
        tx.commit().await?;
        Err(IdentityError::RefreshReused)
    }
}
