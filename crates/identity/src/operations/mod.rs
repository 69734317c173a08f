//! What can be done with users and sessions; one file per verb.

mod api_keys;
mod authenticate;
mod avatar;
mod change_email;
mod change_password;
mod create_user;
mod letters;
mod log_in;
mod log_out;
mod profile;
mod refresh_session;
mod reset_password;
mod sessions;
mod sign_up;
mod verify_email;

use contracts::tenancy::Membership;
use kernel::{SessionId, Timestamp, WorkspaceId};
use secrecy::SecretString;

use crate::{
    Identity, IdentityError,
    model::{Session, TokenType, User},
    token::RefreshToken,
};

pub(crate) use api_keys::KeyCache;
pub use api_keys::{KeyActor, KeyChanges, NewApiKey};
pub use avatar::MAX_AVATAR;
pub use create_user::NewUser;
pub use log_in::LogIn;
pub use profile::ProfileChanges;
pub use sign_up::SignUp;
pub use verify_email::Verified;

/// A session that was begun or renewed, and what the client needs to go on.
#[derive(Debug)]
pub struct SignedIn {
    pub session: Session,
    pub session_id: SessionId,
    /// For the cookie, and for nobody else.
    pub refresh_token: SecretString,
    /// When the cookie loses its worth if the session is not renewed.
    pub expires_at: Timestamp,
    /// For a browser that has no cookie to be known by yet.
    pub device: Option<SecretString>,
}

/// The workspace to sign in to: the wanted one or none; else the last one, if the user is
/// still in it; else their first.
fn choose(
    memberships: Vec<Membership>,
    wanted: Option<WorkspaceId>,
    last: Option<WorkspaceId>,
) -> Result<Membership, IdentityError> {
    let find = |id: WorkspaceId| memberships.iter().position(|membership| membership.workspace == id);
    let index = match wanted {
        Some(id) => find(id).ok_or(IdentityError::NoWorkspace)?,
        None => last.and_then(find).unwrap_or(0),
    };
    memberships.into_iter().nth(index).ok_or(IdentityError::Homeless)
}

impl Identity {
    /// Makes the answer of a login or a renewal.
    fn signed_in(
        &self,
        user: User,
        membership: Membership,
        session: SessionId,
        refresh_token: &RefreshToken,
        expires_at: Timestamp,
    ) -> Result<SignedIn, IdentityError> {
        let (access_token, expires_in) = self.access.issue(user.id, session, membership.workspace, expires_at)?;
        Ok(SignedIn {
            session: Session {
                access_token,
                token_type: TokenType::Bearer,
                expires_in,
                user,
                permissions: membership.role.permissions().collect(),
                workspace: membership.into(),
            },
            session_id: session,
            refresh_token: refresh_token.expose().into(),
            expires_at,
            device: None,
        })
    }
}
