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
    tenancy::{Grant, Permission, Role},
};
use http::{Method, request::Parts};
use kernel::{Code, SessionId, TenantScope, UserId};

use crate::{
    Problem,
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
    pub role: Role,
    /// Never with a key.
    pub platform_admin: bool,
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

fn require_permission(role: Role, permission: Permission) -> Result<(), Problem> {
    if role.grants(permission) {
        return Ok(());
    }
    Err(Problem::new(Code::Forbidden).detail(format!(
        "This needs the permission `{}`, which the role `{}` does not have.",
        permission.as_str(),
        role.as_str(),
    )))
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

/// Somebody who signed in. An API key is refused, whatever its scopes: it must not change
/// how its owner signs in, nor who they are, nor reach their other workspaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Person {
    pub user: UserId,
    pub session: SessionId,
    pub scope: TenantScope,
    pub role: Role,
    pub platform_admin: bool,
}

impl<S: Send + Sync> FromRequestParts<S> for Person {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let member = Member::of(parts).await?;
        let session = member.session.ok_or_else(|| {
            Problem::new(Code::Forbidden).detail("An API key can't do this. Sign in, and send the access token.")
        })?;
        Ok(Self {
            user: member.user,
            session,
            scope: member.scope,
            role: member.role,
            platform_admin: member.platform_admin,
        })
    }
}

/// A member whose role grants `P`: `Allowed<can::WriteChat>`.
#[derive(Debug)]
pub struct Allowed<P> {
    pub user: UserId,
    /// None: it is an API key that calls.
    pub session: Option<SessionId>,
    pub key: Option<Arc<ApiKey>>,
    pub scope: TenantScope,
    pub role: Role,
    pub platform_admin: bool,
    permission: PhantomData<fn() -> P>,
}

impl<S: Send + Sync, P: Grant> FromRequestParts<S> for Allowed<P> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let member = Member::of(parts).await?;
        require_permission(member.role, P::PERMISSION)?;
        Ok(Self {
            user: member.user,
            session: member.session,
            key: member.key,
            scope: member.scope,
            role: member.role,
            platform_admin: member.platform_admin,
            permission: PhantomData,
        })
    }
}
