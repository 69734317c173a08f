//! Authorization by argument type.

use std::{marker::PhantomData, sync::Arc};

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use contracts::{
    Identity, Tenancy,
    tenancy::{Grant, Role},
};
use http::{header, request::Parts};
use kernel::{Code, SessionId, TenantScope, UserId};

use crate::{
    Problem,
    limit::{self, Limiter},
};

/// What the extractors need to find out who is calling. A layer puts it into each request.
#[derive(Clone)]
pub struct Auth {
    pub identity: Arc<dyn Identity>,
    pub tenancy: Arc<dyn Tenancy>,
    pub limiter: Limiter,
    /// What one user may ask for, over all their sessions.
    pub user_policy: limit::Policy,
}

/// A signed-in user in a workspace where they are a member, as of this request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member {
    pub user: UserId,
    pub session: SessionId,
    pub scope: TenantScope,
    pub role: Role,
    pub platform_admin: bool,
}

impl Member {
    /// Resolves the request's bearer token; the answer is kept for the rest of the request.
    pub(crate) async fn of(parts: &mut Parts) -> Result<Self, Problem> {
        if let Some(member) = parts.extensions.get::<Self>() {
            return Ok(*member);
        }
        let Some(auth) = parts.extensions.get::<Auth>().cloned() else {
            tracing::error!("a route is mounted without the authentication layer");
            return Err(Problem::new(Code::Internal));
        };
        let token = bearer(parts).ok_or_else(|| {
            Problem::new(Code::Unauthenticated)
                .detail("Sign in, and send the access token as `Authorization: Bearer …`.")
        })?;
        let caller = auth.identity.authenticate(token).await?;
        let decision = auth.limiter.check(&auth.user_policy, &caller.user.to_string()).await;
        limit::report(&parts.extensions, decision);
        decision.into_result()?;
        let membership = auth
            .tenancy
            .membership(caller.workspace, caller.user)
            .await?
            // A member who was removed has a token for a workspace that is not theirs any more.
            .ok_or_else(|| {
                Problem::new(Code::Unauthenticated).detail("You are not a member of this workspace any more. Sign in again.")
            })?;
        let member = Self {
            user: caller.user,
            session: caller.session,
            scope: TenantScope::assume(caller.workspace),
            role: membership.role,
            platform_admin: caller.platform_admin,
        };
        parts.extensions.insert(member);
        Ok(member)
    }
}

fn bearer(parts: &Parts) -> Option<&str> {
    let value = parts.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

impl<S: Send + Sync> FromRequestParts<S> for Member {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Self::of(parts).await
    }
}

/// A member if a valid token was sent; nobody otherwise. For routes that work without one.
#[derive(Debug, Clone, Copy)]
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

/// A member whose role grants `P`: `Allowed<can::WriteChat>`.
#[derive(Debug)]
pub struct Allowed<P> {
    pub user: UserId,
    pub session: SessionId,
    pub scope: TenantScope,
    pub role: Role,
    pub platform_admin: bool,
    permission: PhantomData<fn() -> P>,
}

impl<S: Send + Sync, P: Grant> FromRequestParts<S> for Allowed<P> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let member = Member::of(parts).await?;
        if !member.role.grants(P::PERMISSION) {
            return Err(Problem::new(Code::Forbidden).detail(format!(
                "This needs the permission `{}`, which the role `{}` does not have.",
                P::PERMISSION.as_str(),
                member.role.as_str(),
            )));
        }
        Ok(Self {
            user: member.user,
            session: member.session,
            scope: member.scope,
            role: member.role,
            platform_admin: member.platform_admin,
            permission: PhantomData,
        })
    }
}
