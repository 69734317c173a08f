//! What a request proves its caller with, and what that is worth right now.

use std::{sync::Arc, time::Duration};

use contracts::{
    audit::{self, Origin},
    identity::{ApiKey, AuthenticationError},
    tenancy::Closed,
};
use http::{HeaderMap, header, request::Parts};
use kernel::{Code, TenantScope};

use super::{Auth, Member};
use crate::{
    Problem, client,
    limit::{self, Policy},
};

/// What every API key begins with. No access token does: a JWT begins with the base64 of `{"`.
const KEY_PREFIX: &str = "sk-parl-";
const MINUTE: Duration = Duration::from_secs(60);

/// Says nothing of what it holds when it is shown.
pub(super) struct Credential(String);

/// The bearer token.
pub(super) fn bearer(headers: &HeaderMap) -> Result<Credential, Problem> {
    of_authorization(headers).ok_or_else(|| {
        Problem::new(Code::Unauthenticated)
            .detail("Sign in, and send the access token or an API key as `Authorization: Bearer …`.")
    })
}

/// The bearer token, or what Anthropic's SDKs send in its place.
pub(super) fn bearer_or_x_api_key(headers: &HeaderMap) -> Result<Credential, Problem> {
    let x_api_key = || headers.get("x-api-key")?.to_str().ok().map(|key| Credential(key.trim().to_owned()));
    of_authorization(headers).or_else(x_api_key).ok_or_else(|| {
        Problem::new(Code::Unauthenticated)
            .detail("Send an API key as `Authorization: Bearer sk-parl-…` or `x-api-key: sk-parl-…`.")
    })
}

fn of_authorization(headers: &HeaderMap) -> Option<Credential> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| Credential(token.trim().to_owned()))
}

impl Credential {
    /// The member that it stands for. Counts the request against the limits of the key and the user.
    pub async fn resolve(&self, parts: &Parts) -> Result<Member, Problem> {
        let Some(auth) = parts.extensions.get::<Auth>() else {
            tracing::error!("a route is mounted without the authentication layer");
            return Err(Problem::new(Code::Internal));
        };
        let key = self.0.starts_with(KEY_PREFIX);
        let member = if key { self.key(auth, parts).await? } else { self.session(auth, parts).await? };
        let key = member.key.as_ref().map(|key| key.id);
        Origin::is_called_by(audit::Caller { user: member.user, key, impersonator: member.impersonator });
        Ok(member)
    }

    /// The signature is checked first, for it costs no query; then the session's life and the
    /// membership, which are known as a rule, are asked at the same time.
    async fn session(&self, auth: &Auth, parts: &Parts) -> Result<Member, Problem> {
        let claimed = auth.identity.verify(&self.0).await?;
        count(auth, parts, &auth.user_policy, &claimed.user.to_string()).await?;
        let (live, membership) =
            tokio::join!(auth.identity.live(&claimed), auth.tenancy.recent_membership(claimed.workspace, claimed.user));
        let caller = live?;
        // A member who was removed has a token for a workspace that is not theirs any more.
        let Some(membership) = membership? else {
            return Err(match auth.tenancy.closed(claimed.workspace, claimed.user).await? {
                Some(why) => closed(&why),
                None => Problem::new(Code::Unauthenticated)
                    .detail("You are not a member of this workspace any more. Sign in again."),
            });
        };
        Ok(Member {
            user: caller.user,
            session: Some(caller.session),
            key: None,
            scope: TenantScope::assume(caller.workspace),
            permissions: membership.permissions,
            platform_admin: caller.platform_admin,
            impersonator: claimed.impersonator,
        })
    }

    async fn key(&self, auth: &Auth, parts: &Parts) -> Result<Member, Problem> {
        let key = auth.keys.authenticate_key(&self.0, client::ip(parts)).await.map_err(key_problem)?;
        count_key(auth, parts, &key).await?;
        Ok(Member {
            user: key.user,
            session: None,
            scope: key.scope(),
            permissions: key.permissions,
            platform_admin: false,
            impersonator: None,
            key: Some(key),
        })
    }
}

fn closed(why: &Closed) -> Problem {
    match why {
        Closed::Deleted => Problem::new(Code::WorkspaceDeleted)
            .detail("An owner has deleted this workspace. Owners can still restore it."),
        Closed::Suspended { reason: Some(reason) } => Problem::new(Code::WorkspaceSuspended)
            .detail(format!("The administrators of this installation have suspended this workspace: {reason}")),
        Closed::Suspended { reason: None } => Problem::new(Code::WorkspaceSuspended)
            .detail("The administrators of this installation have suspended this workspace. Its owners can see why."),
    }
}

fn key_problem(error: AuthenticationError) -> Problem {
    match error {
        AuthenticationError::Invalid => Problem::new(Code::Unauthenticated)
            .detail("There is no such API key: it is mistyped, or it was revoked. Make one under Settings, API keys."),
        AuthenticationError::Expired => {
            Problem::new(Code::Unauthenticated).detail("The API key has expired. Make a new one, or move its end.")
        }
        AuthenticationError::Address(ip) => {
            Problem::new(Code::AddressNotAllowed).detail(format!("This API key may not be used from {ip}."))
        }
        AuthenticationError::Closed(why) => closed(&why),
        AuthenticationError::Database(error) => error.into(),
    }
}

/// The key's own limit, then its owner's: a key can be held tighter than its owner, not looser.
async fn count_key(auth: &Auth, parts: &Parts, key: &Arc<ApiKey>) -> Result<(), Problem> {
    if let Some(burst) = key.requests_per_minute {
        let policy = Policy { name: "key", burst, period: MINUTE };
        count(auth, parts, &policy, &key.id.to_string()).await?;
    }
    count(auth, parts, &auth.user_policy, &key.user.to_string()).await
}

async fn count(auth: &Auth, parts: &Parts, policy: &Policy, of: &str) -> Result<(), Problem> {
    let decision = auth.limiter.check(policy, of).await;
    limit::report(&parts.extensions, decision);
    decision.into_result()
}
