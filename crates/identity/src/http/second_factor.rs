//! `/auth/login/second-factor`, `/auth/login/passkey`, `/auth/passkeys/ask`

use std::sync::Arc;

use axum::{
    extract::State,
    response::{AppendHeaders, IntoResponse},
};
use garde::Validate;
use http::HeaderMap;
use kernel::WorkspaceId;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;
use web::{Client, Json, Problem, ProblemBody};

use super::{NO_STORE, cookie, proof::ProofBody};
use crate::{Ceremony, Identity, PasskeyAnswer, Session};

#[derive(Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FinishLogInRequest {
    /// What the login answered.
    #[garde(skip)]
    #[schema(value_type = String, example = "3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    challenge: SecretString,
    #[garde(dive)]
    proof: ProofBody,
    /// The workspace to work in; absent: the personal one.
    #[garde(skip)]
    workspace: Option<WorkspaceId>,
}

/// Complete a login with a second factor
///
/// In the browser that began it: the cookie `parlance_device` has to come along. A wrong code is a problem of the
/// field `code`; after five, or five minutes, the login has to begin again.
#[utoipa::path(
    post, path = "/auth/login/second-factor", operation_id = "finish_log_in", tag = "Authentication",
    security(()), request_body = FinishLogInRequest,
    responses(
        (status = 200, description = "Signed in.", body = Session, headers(("set-cookie" = String, description = "`parlance_refresh`, HttpOnly."))),
        (status = 404, description = "The caller is not in that workspace.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 410, description = "The login has ended; begin it again.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The code is wrong, or was used; `passkey_refused`: the passkey was not accepted.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "Too many attempts; `Retry-After` says how long to wait.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn finish(
    State(identity): State<Arc<Identity>>,
    client: Client,
    headers: HeaderMap,
    Json(body): Json<FinishLogInRequest>,
) -> Result<impl IntoResponse, Problem> {
    let device = cookie::read_device(&headers);
    let challenge = body.challenge.expose_secret();
    let signed_in =
        identity.finish_log_in(challenge, body.proof.into(), body.workspace, &client, device.as_deref()).await?;
    Ok((identity.set_cookie(&signed_in), Json(signed_in.session)))
}

#[derive(Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PasskeyLogInRequest {
    /// Of the options that the passkey was asked with.
    #[garde(skip)]
    #[schema(value_type = String, example = "3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    ceremony: SecretString,
    /// `PublicKeyCredential.toJSON()`.
    #[garde(skip)]
    #[schema(value_type = std::collections::BTreeMap<String, Value>)]
    credential: Value,
    /// The workspace to work in; absent: the personal one.
    #[garde(skip)]
    workspace: Option<WorkspaceId>,
}

/// Log in with a passkey
///
/// Needs no password and no further factor: the passkey's device has recognized its person.
#[utoipa::path(
    post, path = "/auth/login/passkey", operation_id = "log_in_with_passkey", tag = "Authentication",
    security(()), request_body = PasskeyLogInRequest,
    responses(
        (status = 200, description = "Signed in.", body = Session, headers(("set-cookie" = String, description = "`parlance_refresh`, HttpOnly."))),
        (status = 404, description = "The caller is not in that workspace, or passkeys don't work here.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 410, description = "It took too long, or these options were used; ask for new ones.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The passkey was not accepted.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "Too many requests from this address.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn with_passkey(
    State(identity): State<Arc<Identity>>,
    client: Client,
    headers: HeaderMap,
    Json(body): Json<PasskeyLogInRequest>,
) -> Result<impl IntoResponse, Problem> {
    let device = cookie::read_device(&headers);
    let answer = PasskeyAnswer { ceremony: body.ceremony, credential: body.credential };
    let signed_in = identity.log_in_with_passkey(&answer, body.workspace, &client, device.as_deref()).await?;
    let device = AppendHeaders(identity.set_device_cookie(signed_in.device.as_ref()));
    Ok((identity.set_cookie(&signed_in), device, Json(signed_in.session)))
}

/// Ask for a passkey
///
/// Options for `navigator.credentials.get`, to log in, to complete a login, or to prove again who one is. They
/// are the same for everybody: which passkey it is, its answer says.
#[utoipa::path(
    post, path = "/auth/passkeys/ask", operation_id = "ask_passkey", tag = "Authentication",
    security(()),
    responses(
        (status = 200, description = "The options.", body = Ceremony),
        (status = 404, description = "Passkeys don't work at this installation's address.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "Too many requests from this address.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn ask_passkey(State(identity): State<Arc<Identity>>) -> Result<impl IntoResponse, Problem> {
    Ok((NO_STORE, Json(identity.ask_passkey().await?)))
}
