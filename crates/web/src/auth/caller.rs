//! Who calls the compatible APIs.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use contracts::{
    identity::{ApiKey, KeyScope},
    tenancy::Permission,
};
use http::request::Parts;
use kernel::{TenantScope, UserId};

use super::{credential, require_permission, require_scope};
use crate::Problem;

/// Whoever may ask models for answers: a key with the scope `inference`, or a session;
/// of somebody whose role may write chats. The credential stands in `Authorization: Bearer …` or in
/// `x-api-key`.
///
/// A front with errors of its own shape calls [`Caller::of`] and renders the [`Problem`] from its
/// [`code`](Problem::code), [`message`](Problem::message) and [`wait`](Problem::wait).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    pub scope: TenantScope,
    pub user: UserId,
    /// None: a session calls.
    pub key: Option<Arc<ApiKey>>,
}

impl Caller {
    pub async fn of(parts: &mut Parts) -> Result<Self, Problem> {
        let member = credential::bearer_or_x_api_key(&parts.headers)?.resolve(parts).await?;
        if let Some(key) = &member.key {
            require_scope(key, KeyScope::Inference)?;
        }
        require_permission(member.permissions, Permission::WriteChat)?;
        Ok(Self { scope: member.scope, user: member.user, key: member.key })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Self::of(parts).await
    }
}
