//! Who is calling.

use std::{net::IpAddr, sync::Arc};

use async_trait::async_trait;
use kernel::{ApiKeyId, Code, SessionId, TenantScope, Timestamp, UserId, WorkspaceId};
use serde::{Deserialize, Serialize};

use crate::tenancy::{Closed, Permissions};

/// The [`database::Epochs`] that cached API keys are good for. Whoever changes what a key
/// rests on (the key, its owner, their membership, the guardrails) bumps it in the same transaction.
pub const KEYS_EPOCH: &str = "api_keys";

/// What an access token says. Its signature and its times were checked, and nothing else:
/// whether the session still lives is [`Identity::live`]'s to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claimed {
    pub user: UserId,
    pub session: SessionId,
    pub workspace: WorkspaceId,
    /// The administrator of the platform who acts as the user, if one does.
    pub impersonator: Option<UserId>,
}

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
    #[error("the access token or the key is missing, malformed, forged, or has ended")]
    Invalid,
    #[error("the access token has expired")]
    Expired,
    /// The key is good, but not from here.
    #[error("the key may not be used from {0}")]
    Address(IpAddr),
    /// The key is good, but its workspace is closed.
    #[error("the workspace is closed")]
    Closed(Closed),
    #[error(transparent)]
    Database(#[from] database::Error),
}

impl AuthenticationError {
    pub const fn code(&self) -> Code {
        match self {
            Self::Invalid => Code::Unauthenticated,
            Self::Expired => Code::TokenExpired,
            Self::Address(_) => Code::AddressNotAllowed,
            Self::Closed(Closed::Deleted) => Code::WorkspaceDeleted,
            Self::Closed(Closed::Suspended { .. }) => Code::WorkspaceSuspended,
            Self::Database(_) => Code::Internal,
        }
    }
}

/// What an API key opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeyScope {
    /// The compatible APIs under `/v1`: models answer, and it costs.
    Inference,
    /// Reading under `/api/v1`, as far as its owner's role goes.
    Read,
    /// Changing things under `/api/v1`, as far as its owner's role goes.
    Write,
}

impl KeyScope {
    pub const ALL: [Self; 3] = [Self::Inference, Self::Read, Self::Write];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Inference => "inference",
            Self::Read => "read",
            Self::Write => "write",
        }
    }

    /// The scope of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == name)
    }
}

/// An API key that was accepted: what it may do, as of this request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    pub id: ApiKeyId,
    /// The [`KEYS_EPOCH`] that all of this is as of.
    pub epoch: i64,
    pub workspace: WorkspaceId,
    /// Who made it, and whose role bounds it.
    pub user: UserId,
    /// What the owner may do in the workspace.
    pub permissions: Permissions,
    pub scopes: Vec<KeyScope>,
    /// Ids of models and names of routes that it may ask for; none: all.
    pub models: Option<Vec<String>>,
    /// Requests that it may make in a minute; none: as many as its owner.
    pub requests_per_minute: Option<u32>,
    /// Tokens, in and out, that it may use in a minute; none: no limit.
    pub tokens_per_minute: Option<u32>,
    pub expires_at: Option<Timestamp>,
}

impl ApiKey {
    pub fn scope(&self) -> TenantScope {
        TenantScope::assume(self.workspace)
    }

    pub fn has(&self, scope: KeyScope) -> bool {
        self.scopes.contains(&scope)
    }

    /// Whether it may ask for the model or route of this name.
    pub fn may_use(&self, model: &str) -> bool {
        self.models.as_ref().is_none_or(|models| models.iter().any(|allowed| allowed == model))
    }
}

/// A way in which a person proves that it is them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProofMethod {
    Password,
    /// A code of an authenticator app.
    Totp,
    Passkey,
}

impl ProofMethod {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Totp => "totp",
            Self::Passkey => "passkey",
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
    /// Checks the signature and the times of an access token (JWT). Asks no database.
    async fn verify(&self, access_token: &str) -> Result<Claimed, AuthenticationError>;

    /// Checks that the session still lives. One that was revoked, or whose user was disabled,
    /// is refused from the next request on.
    async fn live(&self, claimed: &Claimed) -> Result<Authenticated, AuthenticationError>;

    /// Both at once. Who has something else to ask the database does it beside [`Self::live`].
    async fn authenticate(&self, access_token: &str) -> Result<Authenticated, AuthenticationError> {
        let claimed = self.verify(access_token).await?;
        self.live(&claimed).await
    }

    /// Whether the session's person has proved lately enough that it is them to do what can't be undone or
    /// opens doors; an empty list: yes. Else the ways in which they can.
    async fn lacks_proof(&self, user: UserId, session: SessionId) -> Result<Vec<ProofMethod>, database::Error> {
        let _ = (user, session);
        Ok(vec![ProofMethod::Password])
    }

    /// The users with these ids, in no particular order; unknown ids are left out.
    async fn users(&self, ids: &[UserId]) -> Result<Vec<UserSummary>, database::Error>;

    /// The user with this address, whatever the case of its letters. Not to be told to callers who
    /// don't know the user otherwise.
    async fn user_by_email(&self, email: &str) -> Result<Option<UserSummary>, database::Error> {
        let _ = email;
        Ok(None)
    }
}

/// The keys that programs call with.
#[async_trait]
pub trait ApiKeys: Send + Sync {
    /// Checks an API key that came from `from`: known, not revoked, not expired, its owner
    /// enabled and still a member. A change holds from the next request on, on every process.
    async fn authenticate_key(&self, key: &str, from: IpAddr) -> Result<Arc<ApiKey>, AuthenticationError>;

    /// Whether the workspace has a key of this id, revoked ones included.
    async fn has_key(&self, scope: &TenantScope, id: ApiKeyId) -> Result<bool, database::Error> {
        let _ = (scope, id);
        Ok(false)
    }
}
