//! Answers who a token belongs to.

use async_trait::async_trait;
use contracts::identity::{Authenticated, AuthenticationError, Claimed, UserSummary};
use kernel::UserId;

use crate::{
    Identity, email,
    store::{sessions, users},
};

#[async_trait]
impl contracts::Identity for Identity {
    async fn verify(&self, access_token: &str) -> Result<Claimed, AuthenticationError> {
        let claims = self.access.verify(access_token).await?;
        Ok(Claimed { user: claims.sub, session: claims.sid, workspace: claims.wid })
    }

    /// One indexed query: nothing is remembered between requests, so a session that ended
    /// anywhere has ended here.
    async fn live(&self, claimed: &Claimed) -> Result<Authenticated, AuthenticationError> {
        let live = sessions::live(&self.db, claimed.session, self.env.now())
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
