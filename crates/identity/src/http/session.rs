//! `/auth/login`, `/auth/refresh`, `/auth/logout`

use std::sync::Arc;

use axum::{
    extract::State,
    response::{AppendHeaders, IntoResponse, Response},
};
use garde::Validate;
use http::{HeaderMap, StatusCode};
use kernel::{Code, WorkspaceId};
use secrecy::SecretString;
use serde::Deserialize;
use web::{Client, Json, MaybeMember, Problem, ProblemBody};

use super::{NO_STORE, Optional, cookie};
use crate::{Identity, LogIn, LoggedIn, SecondFactorNeeded, Session};

#[derive(Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LogInRequest {
    #[garde(length(max = 1024))]
    #[schema(format = "email", example = "ann@example.com")]
    email: String,
    #[garde(custom(|password: &SecretString, (): &()| check_length(password)))]
    #[schema(value_type = String, format = "password", max_length = 256, example = "correct horse battery staple")]
    password: SecretString,
    /// The workspace to work in; absent: the personal one.
    #[garde(skip)]
    workspace: Option<WorkspaceId>,
    /// The solution of a challenge, after `proof_of_work_needed`: ALTCHA's payload, in Base64.
    #[garde(skip)]
    #[schema(max_length = 4096, example = "eyJjaGFsbGVuZ2UiOnt9LCJzb2x1dGlvbiI6e319")]
    proof_of_work: Option<String>,
}

/// What is longer than any password costs no hash.
pub(super) fn check_length(password: &SecretString) -> garde::Result {
    use secrecy::ExposeSecret;
    if password.expose_secret().chars().count() > 256 {
        return Err(garde::Error::new("must have at most 256 characters"));
    }
    Ok(())
}

#[derive(Debug, Default, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RefreshRequest {
    /// The workspace to switch to; absent: the one the session is in.
    #[garde(skip)]
    workspace: Option<WorkspaceId>,
}

/// Log in
///
/// Begins a session, or for an account with a second factor a login that has to be completed. The cookie `parlance_refresh` renews it; the access token authorizes requests. The cookie
/// `parlance_device` lets a browser be known again: a letter tells of logins from a new one.
#[utoipa::path(
    post, path = "/auth/login", operation_id = "log_in", tag = "Authentication",
    security(()), request_body = LogInRequest,
    responses(
        (status = 200, description = "Signed in.", body = Session, headers(("set-cookie" = String, description = "`parlance_refresh`, HttpOnly."))),
        (status = 202, description = "The password is right, and a second factor is needed: go on at `/auth/login/second-factor`.", body = SecondFactorNeeded, headers(("set-cookie" = String, description = "`parlance_device`, HttpOnly."))),
        (status = 401, description = "Wrong e-mail address or password.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "`sso_required`; `proof_of_work_needed`: send it again with the solution of the `challenge`.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "The caller is not in that workspace.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A field is not valid.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "Too many attempts; `Retry-After` says how long to wait.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn log_in(
    State(identity): State<Arc<Identity>>,
    client: Client,
    headers: HeaderMap,
    Json(body): Json<LogInRequest>,
) -> Result<Response, Problem> {
    let device = cookie::read_device(&headers);
    let log_in = LogIn {
        email: body.email,
        password: body.password,
        workspace: body.workspace,
        client,
        device,
        proof_of_work: body.proof_of_work,
    };
    match identity.log_in(log_in).await? {
        LoggedIn::Session(signed_in) => {
            let device = AppendHeaders(identity.set_device_cookie(signed_in.device.as_ref()));
            Ok((identity.set_cookie(&signed_in), device, Json(signed_in.session)).into_response())
        }
        LoggedIn::SecondFactor(started) => {
            let device = AppendHeaders(identity.set_device_cookie(started.device.as_ref()));
            Ok((StatusCode::ACCEPTED, NO_STORE, device, Json(started.needed)).into_response())
        }
    }
}

/// Renew the session or switch its workspace
///
/// Takes the refresh token from the cookie and replaces it. Requests that renew at the same time
/// all succeed. A failure never touches the cookie.
#[utoipa::path(
    post, path = "/auth/refresh", operation_id = "refresh_session", tag = "Authentication",
    security(()), request_body(content = Option<RefreshRequest>),
    responses(
        (status = 200, description = "Renewed.", body = Session, headers(("set-cookie" = String, description = "`parlance_refresh`, HttpOnly."))),
        (status = 401, description = "No live session: `refresh_invalid`, or `refresh_reused` when an old token came back.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "The caller is not in that workspace.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "Too many requests from this address.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn refresh(
    State(identity): State<Arc<Identity>>,
    client: Client,
    headers: HeaderMap,
    Optional(body): Optional<RefreshRequest>,
) -> Result<impl IntoResponse, Problem> {
    let token = cookie::read(&headers).ok_or_else(|| Problem::new(Code::RefreshInvalid).detail("Sign in first."))?;
    let signed_in = identity.refresh_session(&token, body.workspace, &client).await?;
    Ok((identity.set_cookie(&signed_in), Json(signed_in.session)))
}

/// Log out
///
/// Ends the session of the cookie, of the access token, or of both, and clears the cookie.
#[utoipa::path(
    post, path = "/auth/logout", operation_id = "log_out", tag = "Authentication",
    security((), ("bearer" = [])),
    responses(
        (status = 204, description = "Logged out.", headers(("set-cookie" = String, description = "Clears `parlance_refresh`."))),
        (status = 403, description = "An API key calls.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "Too many requests from this address.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn log_out(
    State(identity): State<Arc<Identity>>,
    MaybeMember(member): MaybeMember,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Problem> {
    if member.as_ref().is_some_and(|member| member.key.is_some()) {
        return Err(Problem::new(Code::Forbidden).detail("An API key has no session to end. Revoke the key instead."));
    }
    let authenticated = member.and_then(|member| Some((member.session?, member.user)));
    identity.log_out(cookie::read(&headers).as_deref(), authenticated).await?;
    // Whoever logs out while they act as somebody else is out of both.
    let forgotten = AppendHeaders([identity.clear_return_cookie()]);
    Ok((StatusCode::NO_CONTENT, identity.clear_cookie(), forgotten))
}
