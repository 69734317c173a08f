//! Ends the caller's session.

use contracts::audit::{Action, Entry};
use database::Platform;
use kernel::{SessionId, UserId};

use crate::{
    Identity, IdentityError,
    store::sessions::{self, Reason},
    token::RefreshToken,
};

impl Identity {
    /// Ends the session of the refresh token and the one of the access token: the same, as a
    /// rule. A token that leads nowhere is no error: whoever logs out is logged out.
    pub async fn log_out(
        &self,
        refresh_token: Option<&str>,
        authenticated: Option<(SessionId, UserId)>,
    ) -> Result<(), IdentityError> {
        let presented = match refresh_token.and_then(RefreshToken::parse) {
            Some(token) => sessions::session_of_token(&self.db, token.hash()).await?,
            None => None,
        };
        if presented.is_none() && authenticated.is_none() {
            return Ok(());
        }
        let now = self.env.now();
        // Sessions belong to no workspace.
        let mut tx = self.db.begin(Platform).await?;
        for (session, user) in presented.into_iter().chain(authenticated) {
            if sessions::revoke(&mut tx, session, user, Reason::LoggedOut, now).await? {
                let entry = Entry::platform(Action::SessionLoggedOut).about(session).by(user);
                self.audit.record(&mut tx, entry).await?;
            }
        }
        Ok(tx.commit().await?)
    }
}
