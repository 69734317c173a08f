//! `/auth/impersonation`

use std::sync::Arc;

use axum::{
    extract::State,
    response::{AppendHeaders, IntoResponse, Response},
};
use garde::Validate;
use http::HeaderMap;
use kernel::{Code, UserId, WorkspaceId};
use serde::Deserialize;
use web::{Client, Json, PlatformAdmin, Problem, ProblemBody, Recent};

use super::cookie;
use crate::{Identity, Impersonate, Session};

/// The longest reason, in characters.
const MAX_REASON: usize = 500;

#[derive(Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ImpersonateRequest {
    #[garde(skip)]
    user_id: UserId,
    /// One of the user's; absent: their first.
    #[garde(skip)]
    workspace_id: Option<WorkspaceId>,
    /// Why; the user and the audit are told.
    #[garde(custom(|reason: &str, (): &()| check_reason(reason)))]
    #[schema(min_length = 1, max_length = 500, example = "Ticket 4711: conversations are missing")]
    reason: String,
}

fn check_reason(value: &str) -> garde::Result {
    if value.trim().is_empty() {
        return Err(garde::Error::new("say why"));
    }
    if value.chars().count() > MAX_REASON {
        return Err(garde::Error::new(format!("must be at most {MAX_REASON} characters")));
    }
    Ok(())
}

/// Act as somebody else
///
/// Begins a session of the user for half an hour at the most. Its token names the administrator (`act`), and
/// nothing of it may change how the user signs in, their keys, or who owns what. The browser's cookie becomes
/// that session's; the administrator's own comes back at its end. For administrators of the platform.
#[utoipa::path(
    post, path = "/auth/impersonation", operation_id = "impersonate", tag = "Platform",
    security(("bearer" = ["platform"])), request_body = ImpersonateRequest,
    responses(
        (status = 200, description = "The session.", body = Session, headers(("set-cookie" = String, description = "`parlance_refresh`, HttpOnly."))),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The caller is no administrator of the platform, or acts as somebody else already.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such user, or they are not in that workspace.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The user is disabled, or an administrator.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "There is no reason, or it is too long.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn begin(
    State(identity): State<Arc<Identity>>,
    admin: PlatformAdmin,
    _: Recent,
    client: Client,
    headers: HeaderMap,
    Json(body): Json<ImpersonateRequest>,
) -> Result<impl IntoResponse, Problem> {
    let wanted = Impersonate {
        by: admin.user,
        user: body.user_id,
        workspace: body.workspace_id,
        reason: body.reason.trim().to_owned(),
        client,
    };
    let signed_in = identity.impersonate(wanted).await?;
    let own = cookie::read(&headers).map(|own| identity.set_return_cookie(&own));
    Ok((identity.set_cookie(&signed_in), AppendHeaders(own), Json(signed_in.session)))
}

/// Be oneself again
///
/// Ends the session of the cookie, in which an administrator acts as somebody else, and gives them back their own.
#[utoipa::path(
    delete, path = "/auth/impersonation", operation_id = "end_impersonation", tag = "Platform",
    security(()),
    responses(
        (status = 200, description = "The administrator's own session.", body = Session, headers(("set-cookie" = String, description = "`parlance_refresh`, HttpOnly."))),
        (status = 401, description = "It has ended, and there is no own session to go back to: sign in.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The session is the caller's own.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn end(
    State(identity): State<Arc<Identity>>,
    client: Client,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    if let Some(token) = cookie::read(&headers) {
        identity.end_impersonation(&token).await?;
    }
    let own = match cookie::read_return(&headers) {
        Some(own) => identity.refresh_session(&own, None, &client).await.map_err(Problem::from),
        None => Err(Problem::new(Code::RefreshInvalid).detail("Sign in again.")),
    };
    let forgotten = AppendHeaders([identity.clear_return_cookie()]);
    Ok(match own {
        Ok(own) => (identity.set_cookie(&own), forgotten, Json(own.session)).into_response(),
        Err(problem) => (identity.clear_cookie(), forgotten, problem).into_response(),
    })
}
