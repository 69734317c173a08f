//! The caller's sessions: see them, end them.

use contracts::audit::{Action, Entry};
use database::Platform;
use kernel::{SessionId, UserId};
use serde_json::json;

use crate::{
    Identity, IdentityError,
    model::SessionInfo,
    store::sessions::{self, Reason},
};

impl Identity {
    /// Live sessions of the user, the newest first, below the given id, `limit` at the most.
    pub async fn sessions(
        &self,
        user: UserId,
        current: SessionId,
        before: Option<SessionId>,
        limit: u32,
    ) -> Result<Vec<SessionInfo>, IdentityError> {
        let mut found = sessions::list(&self.db, user, before, i64::from(limit), self.env.now()).await?;
        for session in &mut found {
            session.current = session.id == current;
        }
        Ok(found)
    }

    /// Ends one session of the user. Its access tokens are refused from the next request on.
    pub async fn revoke_session(&self, user: UserId, session: SessionId) -> Result<(), IdentityError> {
        // Sessions belong to no workspace.
        let mut tx = self.db.begin(Platform).await?;
        if !sessions::revoke(&mut tx, session, user, Reason::Revoked, self.env.now()).await? {
            return Err(IdentityError::NoSession);
        }
        self.audit.record(&mut tx, Entry::platform(Action::SessionRevoked).about(session)).await?;
        Ok(tx.commit().await?)
    }

    /// Ends all sessions of the user but the current one.
    pub async fn revoke_other_sessions(&self, user: UserId, current: SessionId) -> Result<(), IdentityError> {
        let mut tx = self.db.begin(Platform).await?;
        let ended = sessions::revoke_all(&mut tx, user, Some(current), Reason::Revoked, self.env.now()).await?;
        let entry = Entry::platform(Action::SessionsRevoked).about(user).after(json!({ "ended": ended }));
        self.audit.record(&mut tx, entry).await?;
        Ok(tx.commit().await?)
    }
}
