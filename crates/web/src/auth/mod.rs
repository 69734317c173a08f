//! Authorization by argument type: [`Member`], [`Person`], [`Allowed`], [`Caller`].
//!
//! Who calls is proved by an access token or an API key. A key acts as its owner, within the
//! key's scopes and the owner's role, and never as a person: what is about sessions, passwords
//! and profiles takes a [`Person`].

mod caller;
mod credential;

use std::{marker::PhantomData, sync::Arc};

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use contracts::{
    ApiKeys, Identity, Tenancy,
    identity::{ApiKey, KeyScope},
    tenancy::{Grant, Permission, Permissions},
};
use http::{Method, request::Parts};
use kernel::{Code, SessionId, TenantScope, UserId, WorkspaceId};

use crate::{
    Problem, ProblemBody,
    limit::{self, Limiter},
};

pub use caller::Caller;

/// What the extractors need to find out who is calling. A layer puts it into each request.
#[derive(Clone)]
pub struct Auth {
    pub identity: Arc<dyn Identity>,
    pub keys: Arc<dyn ApiKeys>,
    pub tenancy: Arc<dyn Tenancy>,
    pub limiter: Limiter,
    /// What one user may ask for, over all their sessions and keys.
    pub user_policy: limit::Policy,
}

/// A user in a workspace where they are a member, as of this request: signed in, or
/// by an API key that has the scope for the request's method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    pub user: UserId,
    /// None: it is an API key that calls.
    pub session: Option<SessionId>,
    pub key: Option<Arc<ApiKey>>,
    pub scope: TenantScope,
    pub permissions: Permissions,
    /// Never with a key.
    pub platform_admin: bool,
    /// The administrator of the platform who acts as the user, if one does.
    pub impersonator: Option<UserId>,
}

impl Member {
    /// Resolves the request's bearer token; the answer is kept for the rest of the request.
    pub(crate) async fn of(parts: &mut Parts) -> Result<Self, Problem> {
        let member = if let Some(member) = parts.extensions.get::<Self>() {
            member.clone()
        } else {
            let member = credential::bearer(&parts.headers)?.resolve(parts).await?;
            parts.extensions.insert(member.clone());
            member
        };
        if let Some(key) = &member.key {
            let reads = matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS);
            require_scope(key, if reads { KeyScope::Read } else { KeyScope::Write })?;
        }
        Ok(member)
    }
}

fn require_scope(key: &ApiKey, scope: KeyScope) -> Result<(), Problem> {
    if key.has(scope) {
        return Ok(());
    }
    Err(Problem::new(Code::Forbidden)
        .detail(format!("This API key lacks the scope `{}`, which this request needs.", scope.as_str())))
}

fn require_permission(permissions: Permissions, permission: Permission) -> Result<(), Problem> {
    if permissions.contains(permission) {
        return Ok(());
    }
    Err(Problem::new(Code::Forbidden)
        .detail(format!("This needs the permission `{}`, which your role does not have.", permission.as_str())))
}

impl<S: Send + Sync> FromRequestParts<S> for Member {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Self::of(parts).await
    }
}

/// A member if a valid token was sent; nobody otherwise. For routes that work without one.
#[derive(Debug, Clone)]
pub struct MaybeMember(pub Option<Member>);

impl<S: Send + Sync> FromRequestParts<S> for MaybeMember {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self(Member::of(parts).await.ok()))
    }
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for Member {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Problem> {
        Ok(Self::of(parts).await.ok())
    }
}

/// What an administrator may do while they act as somebody else. Whatever is not named here stays the
/// person's own: keys, members and their roles, the workspace's end, how people sign in.
const FOR_IMPERSONATORS: &[Permission] = &[
    Permission::ReadWorkspace,
    Permission::ReadMembers,
    Permission::ReadGroups,
    Permission::ReadChat,
    Permission::WriteChat,
    Permission::ReadModels,
    Permission::ReadUsage,
    Permission::ReadAllUsage,
    Permission::ReadBudgets,
    Permission::ReadRoutes,
    Permission::ManageRoutes,
    Permission::ManageGuardrails,
];

/// Whether an administrator who acts as somebody else may use the permission, if the other has it.
pub fn is_for_impersonators(permission: Permission) -> bool {
    FOR_IMPERSONATORS.contains(&permission)
}

fn impersonating() -> Problem {
    Problem::new(Code::Impersonating)
        .detail("You act as somebody else, and this is theirs alone to do. End the impersonation first.")
}

/// Somebody who signed in themselves. An API key is refused, whatever its scopes, and so is an administrator
/// who acts as somebody else: neither may change how a person signs in, nor who they are, nor reach
/// their other workspaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Person {
    pub user: UserId,
    pub session: SessionId,
    pub scope: TenantScope,
    pub permissions: Permissions,
    pub platform_admin: bool,
}

impl<S: Send + Sync> FromRequestParts<S> for Person {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let member = Member::of(parts).await?;
        let session = member.session.ok_or_else(|| {
            Problem::new(Code::Forbidden).detail("An API key can't do this. Sign in, and send the access token.")
        })?;
        if member.impersonator.is_some() {
            return Err(impersonating());
        }
        Ok(Self {
            user: member.user,
            session,
            scope: member.scope,
            permissions: member.permissions,
            platform_admin: member.platform_admin,
        })
    }
}

/// Who calls has proved lately that it is them, if it is a person: by their password, a second factor or a
/// passkey. For what opens doors or can't be undone; it stands beside the argument that authorizes. An API key
/// passes: it can prove nothing, and where only a person may act, [`Person`] refuses it.
#[derive(Debug, Clone, Copy)]
pub struct Recent;

impl<S: Send + Sync> FromRequestParts<S> for Recent {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let member = Member::of(parts).await?;
        let Some(session) = member.session else { return Ok(Self) };
        let Some(auth) = parts.extensions.get::<Auth>() else {
            tracing::error!("a route is mounted without the authentication layer");
            return Err(Problem::new(Code::Internal));
        };
        let methods = auth.identity.lacks_proof(member.user, session).await?;
        if methods.is_empty() {
            return Ok(Self);
        }
        Err(Problem::new(Code::StepUpRequired)
            .detail(
                "Prove at /api/v1/auth/step-up that it is you, and send this again. A proof is good for 10 minutes.",
            )
            .with_methods(methods))
    }
}

/// What every route of the platform's administration may answer to who may not use it.
#[derive(utoipa::IntoResponses)]
#[allow(dead_code, reason = "it only describes")]
pub enum PlatformRefusals {
    /// No valid access token.
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthenticated(ProblemBody),
    /// The caller is no administrator of the platform, or an API key.
    #[response(status = 403, content_type = "application/problem+json")]
    Forbidden(ProblemBody),
}

/// Somebody who operates this installation, signed in as themselves: never an API key, never while acting
/// as somebody else. To anybody else it is forbidden. Each call is noted for the audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlatformAdmin {
    pub user: UserId,
    pub session: SessionId,
    /// The workspace that they are in meanwhile.
    pub scope: TenantScope,
}

impl PlatformAdmin {
    /// Any tenant: an administrator may look into each.
    #[allow(clippy::unused_self, reason = "being one is what permits it")]
    pub fn within(&self, workspace: WorkspaceId) -> TenantScope {
        TenantScope::assume(workspace)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for PlatformAdmin {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let person = Person::from_request_parts(parts, state).await?;
        if !person.platform_admin {
            return Err(Problem::new(Code::Forbidden).detail("This is for the administrators of this installation."));
        }
        tracing::info!(
            target: "audit",
            event = "platform.called",
            user = %person.user,
            method = %parts.method,
            path = parts.uri.path(),
        );
        Ok(Self { user: person.user, session: person.session, scope: person.scope })
    }
}

/// A member whose rights include `P`: `Allowed<can::WriteChat>`.
#[derive(Debug)]
pub struct Allowed<P> {
    pub user: UserId,
    /// None: it is an API key that calls.
    pub session: Option<SessionId>,
    pub key: Option<Arc<ApiKey>>,
    pub scope: TenantScope,
    pub permissions: Permissions,
    pub platform_admin: bool,
    permission: PhantomData<fn() -> P>,
}

impl<S: Send + Sync, P: Grant> FromRequestParts<S> for Allowed<P> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let member = Member::of(parts).await?;
        require_permission(member.permissions, P::PERMISSION)?;
        if member.impersonator.is_some() && !is_for_impersonators(P::PERMISSION) {
            return Err(impersonating());
        }
        Ok(Self {
            user: member.user,
            session: member.session,
            key: member.key,
            scope: member.scope,
            permissions: member.permissions,
            platform_admin: member.platform_admin,
            permission: PhantomData,
        })
    }
}
