//! Who is calling.

use async_trait::async_trait;
use kernel::{Code, SessionId, UserId, WorkspaceId};

/// A live session of an enabled user, as an access token or a cookie proved it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Authenticated {
    pub user: UserId,
    pub session: SessionId,
    /// The workspace that the token is bound to. Membership is tenancy's to check.
    pub workspace: WorkspaceId,
    pub platform_admin: bool,
}

/// Why a token was not accepted. Deliberately coarse: callers learn no more than they need.
#[derive(Debug, thiserror::Error)]
pub enum AuthenticationError {
    #[error("the access token is missing, malformed, forged or of an ended session")]
    Invalid,
    #[error("the access token has expired")]
    Expired,
    #[error(transparent)]
    Database(#[from] database::Error),
}

impl AuthenticationError {
    pub const fn code(&self) -> Code {
        match self {
            Self::Invalid => Code::Unauthenticated,
            Self::Expired => Code::TokenExpired,
            Self::Database(_) => Code::Internal,
        }
    }
}

/// What others may show of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserSummary {
    pub id: UserId,
    pub email: String,
    pub name: String,
    /// Path of the picture under this server, if there is one.
    pub avatar_url: Option<String>,
}

#[async_trait]
pub trait Identity: Send + Sync {
    /// Checks an access token (JWT) and that its session still lives. A session that was
    /// revoked, or a user who was disabled, is refused from the next request on.
    async fn authenticate(&self, access_token: &str) -> Result<Authenticated, AuthenticationError>;

    /// The users with these ids, in no particular order; unknown ids are left out.
    async fn users(&self, ids: &[UserId]) -> Result<Vec<UserSummary>, database::Error>;
}
