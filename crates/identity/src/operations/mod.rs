//! What can be done with users and sessions; one file per verb.

mod api_keys;
mod archive;
mod authenticate;
mod avatar;
mod begin_session;
mod change_email;
mod change_password;
mod create_user;
mod delete_account;
mod export;
mod factors;
mod impersonate;
mod letters;
mod log_in;
mod log_out;
mod platform;
mod profile;
mod refresh_session;
mod reset_password;
mod sessions;
mod set_up;
mod sign_up;
mod verify_email;

use contracts::tenancy::{Membership, Permission};
use kernel::{SessionId, Timestamp, WorkspaceId};
use secrecy::SecretString;

use crate::{
    Identity, IdentityError,
    model::{Impersonation, Session, TokenType, User},
    token::RefreshToken,
};

pub(crate) use api_keys::KeyCache;
pub use api_keys::{KeyActor, KeyChanges, NewApiKey};
pub(crate) use authenticate::SessionCache;
pub use avatar::MAX_AVATAR;
pub use create_user::NewUser;
pub use factors::{Client, NewPasskey, PasskeyAnswer, Proof};
pub use impersonate::Impersonate;
pub use log_in::{LogIn, LoggedIn, StartedLogIn};
pub use profile::ProfileChanges;
pub use set_up::SetUp;
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
/// still in it and it is open; else their first that is open, and their first of all if none is.
pub(crate) fn choose(
    memberships: Vec<Membership>,
    wanted: Option<WorkspaceId>,
    last: Option<WorkspaceId>,
) -> Result<Membership, IdentityError> {
    let find = |id: WorkspaceId| memberships.iter().position(|membership| membership.workspace == id);
    let is_open = |index: &usize| memberships.get(*index).is_some_and(|membership| !membership.suspended);
    let open = || memberships.iter().position(|membership| !membership.suspended);
    let index = if let Some(id) = wanted {
        find(id).ok_or(IdentityError::NoWorkspace)?
    } else {
        last.and_then(find).filter(is_open).or_else(open).unwrap_or(0)
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
        impersonation: Option<Impersonation>,
    ) -> Result<SignedIn, IdentityError> {
        let impersonator = impersonation.as_ref().map(|it| it.by);
        let issued = self.access.issue(user.id, session, membership.workspace, expires_at, impersonator)?;
        let (access_token, expires_in) = issued;
        let may = |permission: &Permission| impersonator.is_none() || web::is_for_impersonators(*permission);
        Ok(SignedIn {
            session: Session {
                access_token,
                token_type: TokenType::Bearer,
                expires_in,
                user,
                permissions: membership.permissions.iter().filter(may).collect(),
                workspace: membership.into(),
                erases_at: None,
                impersonation,
            },
            session_id: session,
            refresh_token: refresh_token.expose().into(),
            expires_at,
            device: None,
        })
    }
}
