//! `/auth/factors`, `/auth/totp`, `/auth/recovery-codes`, `/auth/step-up`

use std::sync::Arc;

use axum::{extract::State, response::IntoResponse};
use garde::Validate;
use http::{HeaderMap, StatusCode};
use kernel::Timestamp;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use web::{Client, Json, Person, Problem, ProblemBody, Recent};

use super::{NO_STORE, cookie, proof::ProofBody};
use crate::{Factors, Identity, RecoveryCodes, TotpSetUp};

/// How the caller signs in besides by the password
#[utoipa::path(
    get, path = "/auth/factors", operation_id = "get_factors", tag = "Authentication",
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The factors.", body = Factors),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "An API key calls.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn get(State(identity): State<Arc<Identity>>, caller: Person) -> Result<Json<Factors>, Problem> {
    Ok(Json(identity.factors(caller.user).await?))
}

/// Begin to set up an authenticator app
///
/// The answer has the secret, this one time. It is asked for at a login once `confirm_totp` has had a first code.
#[utoipa::path(
    post, path = "/auth/totp", operation_id = "begin_totp", tag = "Authentication",
    security(("bearer" = [])),
    responses(
        (status = 200, description = "What the app needs.", body = TotpSetUp),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "An API key calls, or `step_up_required`.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "An app is set up already.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn begin_totp(
    State(identity): State<Arc<Identity>>,
    caller: Person,
    _: Recent,
) -> Result<impl IntoResponse, Problem> {
    Ok((NO_STORE, Json(identity.begin_totp(caller.user).await?)))
}

#[derive(Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ConfirmTotpRequest {
    /// Six digits that the app shows.
    #[garde(custom(|code: &SecretString, (): &()| super::session::check_length(code)))]
    #[schema(value_type = String, example = "492039")]
    code: SecretString,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct ConfirmTotpResponse {
    /// For whoever had no second factor before, shown this one time; null: those they have stay.
    #[schema(required, example = json!(["4k7m-q2vx-9d3h-w8np"]))]
    recovery_codes: Option<Vec<String>>,
}

/// Put an authenticator app in force
///
/// With its first code. From now on a login asks for one.
#[utoipa::path(
    post, path = "/auth/totp/confirm", operation_id = "confirm_totp", tag = "Authentication",
    security(("bearer" = [])), request_body = ConfirmTotpRequest,
    responses(
        (status = 200, description = "It is in force.", body = ConfirmTotpResponse),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "An API key calls.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No app is being set up.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "An app is set up already.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The code is wrong.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "Too many requests from this address.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn confirm_totp(
    State(identity): State<Arc<Identity>>,
    caller: Person,
    Json(body): Json<ConfirmTotpRequest>,
) -> Result<impl IntoResponse, Problem> {
    let codes = identity.confirm_totp(caller.user, &body.code).await?;
    Ok((NO_STORE, Json(ConfirmTotpResponse { recovery_codes: codes.map(|codes| codes.recovery_codes) })))
}

/// Remove the authenticator app
///
/// Without another factor, logins ask for the password alone again, and the recovery codes are worth nothing.
#[utoipa::path(
    delete, path = "/auth/totp", operation_id = "remove_totp", tag = "Authentication",
    security(("bearer" = [])),
    responses(
        (status = 204, description = "Removed."),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "An API key calls, or `step_up_required`.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is none.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn remove_totp(
    State(identity): State<Arc<Identity>>,
    caller: Person,
    _: Recent,
) -> Result<StatusCode, Problem> {
    identity.remove_totp(caller.user).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Make new recovery codes
///
/// The answer has them, this one time. The old ones are worth nothing from now on.
#[utoipa::path(
    post, path = "/auth/recovery-codes", operation_id = "renew_recovery_codes", tag = "Authentication",
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The codes.", body = RecoveryCodes),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "An API key calls, or `step_up_required`.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "There is no second factor that they could stand in for.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn renew_recovery_codes(
    State(identity): State<Arc<Identity>>,
    caller: Person,
    _: Recent,
) -> Result<impl IntoResponse, Problem> {
    Ok((NO_STORE, Json(identity.renew_recovery_codes(caller.user).await?)))
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct StepUpResponse {
    /// Until when the proof counts.
    proved_until: Timestamp,
}

/// Prove again who one is
///
/// What opens doors or can't be undone asks for a proof that is no older than ten minutes, and answers
/// `step_up_required` without one; its `methods` say what counts here. A login is a proof.
#[utoipa::path(
    post, path = "/auth/step-up", operation_id = "step_up", tag = "Authentication",
    security(("bearer" = [])), request_body = ProofBody,
    responses(
        (status = 200, description = "Proved.", body = StepUpResponse),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "An API key calls.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 410, description = "The passkey took too long.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The password or the code is wrong; `passkey_refused`: the passkey was not accepted.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "Too many attempts; `Retry-After` says how long to wait.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn step_up(
    State(identity): State<Arc<Identity>>,
    caller: Person,
    client: Client,
    headers: HeaderMap,
    Json(body): Json<ProofBody>,
) -> Result<Json<StepUpResponse>, Problem> {
    let client = crate::Client { ip: client.ip, device: cookie::read_device(&headers) };
    let proved_until = identity.step_up(caller.user, caller.session, body.into(), &client).await?;
    Ok(Json(StepUpResponse { proved_until }))
}
