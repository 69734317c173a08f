//! Answers who a token belongs to.

use async_trait::async_trait;
use contracts::identity::{Authenticated, AuthenticationError, UserSummary};
use kernel::UserId;

use crate::{
    Identity,
    store::{sessions, users},
};

#[async_trait]
impl contracts::Identity for Identity {
    /// The token's signature first, then one indexed query: nothing is remembered between
    /// requests, so a session that ended anywhere has ended here.
    async fn authenticate(&self, access_token: &str) -> Result<Authenticated, AuthenticationError> {
        let claims = self.access.verify(access_token).await?;
        let live = sessions::live(&self.db, claims.sid, self.env.now())
            .await?
            .filter(|live| live.user == claims.sub)
            .ok_or(AuthenticationError::Invalid)?;
        Ok(Authenticated {
            user: live.user,
            session: claims.sid,
            workspace: claims.wid,
            platform_admin: live.platform_admin,
        })
    }

    async fn users(&self, ids: &[UserId]) -> Result<Vec<UserSummary>, database::Error> {
        users::summaries(&self.db, ids).await
    }
}
