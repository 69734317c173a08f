//! Answers who a token belongs to. On the way of every request, so it asks the database nothing
//! while nothing has changed.

use async_trait::async_trait;
use contracts::identity::{Authenticated, AuthenticationError, Claimed, ProofMethod, UserSummary};
use kernel::{SessionId, UserId};
use moka::sync::Cache;

use crate::{
    Identity, email,
    store::{
        sessions::{self, Live},
        users,
    },
};

/// Sessions that are kept in memory: some hundred bytes each.
const KNOWN: u64 = 50_000;

/// Live sessions, each as of an epoch.
pub(crate) struct SessionCache(Cache<SessionId, (i64, Live)>);

impl Default for SessionCache {
    fn default() -> Self {
        Self(Cache::new(KNOWN))
    }
}

#[async_trait]
impl contracts::Identity for Identity {
    async fn verify(&self, access_token: &str) -> Result<Claimed, AuthenticationError> {
        self.access.verify(access_token).await
    }

    /// A session that ended by this process has ended at the next request; one that ended by another,
    /// [`RECENT`](database::RECENT) later at the most.
    async fn live(&self, claimed: &Claimed) -> Result<Authenticated, AuthenticationError> {
        let live = self
            .live_session(claimed.session)
            .await?
            .filter(|live| live.user == claimed.user)
            .ok_or(AuthenticationError::Invalid)?;
        Ok(Authenticated {
            user: live.user,
            session: claimed.session,
            workspace: claimed.workspace,
            platform_admin: live.platform_admin,
        })
    }

    async fn lacks_proof(&self, user: UserId, session: SessionId) -> Result<Vec<ProofMethod>, database::Error> {
        self.lacking_proof(user, session).await
    }

    async fn users(&self, ids: &[UserId]) -> Result<Vec<UserSummary>, database::Error> {
        users::summaries(&self.db, ids).await
    }

    async fn user_by_email(&self, email: &str) -> Result<Option<UserSummary>, database::Error> {
        // What is no address has no user, and may hold what a database can't compare.
        if email::check(email).is_err() {
            return Ok(None);
        }
        users::summary_by_email(&self.db, &email::key(email)).await
    }
}

impl Identity {
    async fn live_session(&self, session: SessionId) -> Result<Option<Live>, database::Error> {
        // Before the row is read: a change in between makes it newer than it claims to be.
        let epoch = self.session_epochs.recent().await?;
        let now = self.env.now();
        // One that seems to have expired may have been renewed.
        let known = self.session_cache.0.get(&session);
        if let Some((_, live)) = known.filter(|(as_of, live)| *as_of == epoch && live.expires_at > now) {
            return Ok(Some(live));
        }
        let live = sessions::live(&self.db, session, now).await?;
        match live {
            Some(live) => self.session_cache.0.insert(session, (epoch, live)),
            None => self.session_cache.0.invalidate(&session),
        }
        Ok(live)
    }
}
