//! `/auth/forgot-password`, `/auth/reset-password`

use std::sync::Arc;

use axum::{extract::State, response::IntoResponse};
use garde::Validate;
use http::StatusCode;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use web::{Client, Json, Problem, ProblemBody};

use super::{Accepted, email::AddressRequest};
use crate::{Identity, password};

/// Ask for a new password
///
/// If the address has an account, it gets a link that is good for an hour, a few of them in an hour at the
/// most. The answer and its time are always the same.
#[utoipa::path(
    post, path = "/auth/forgot-password", operation_id = "forgot_password", tag = "Authentication",
    security(()), request_body = AddressRequest,
    responses(
        (status = 202, description = "Accepted, whatever came of it.", body = Accepted),
        (status = 403, description = "`proof_of_work_needed`: send it again with the solution of the `challenge`.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A field is not valid.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "Too many requests from this address.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn forgot(
    State(identity): State<Arc<Identity>>,
    Json(body): Json<AddressRequest>,
) -> Result<impl IntoResponse, Problem> {
    identity.forgot_password(body.email, body.proof_of_work.as_deref()).await?;
    Ok(Accepted::answer())
}

#[derive(Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ResetPasswordRequest {
    /// What stands after the `#` of the letter's link.
    #[garde(skip)]
    #[schema(value_type = String, example = "3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    token: SecretString,
    #[garde(custom(|password: &SecretString, (): &()| password::check(password, "").map_err(garde::Error::new)))]
    #[schema(value_type = String, format = "password", min_length = 8, max_length = 256, example = "a lighthouse of paper boats")]
    password: SecretString,
}

/// Set a new password
///
/// With the link of a letter, which works once. All sessions of the account end, and a letter says so. A password
/// that is refused leaves the link as it was.
#[utoipa::path(
    post, path = "/auth/reset-password", operation_id = "reset_password", tag = "Authentication",
    security(()), request_body = ResetPasswordRequest,
    responses(
        (status = 204, description = "Set. Log in with it."),
        (status = 410, description = "The link was used, has expired, or was replaced.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A field is not valid.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "Too many requests from this address.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn reset(
    State(identity): State<Arc<Identity>>,
    client: Client,
    Json(body): Json<ResetPasswordRequest>,
) -> Result<StatusCode, Problem> {
    identity.reset_password(body.token.expose_secret(), &body.password, client.ip).await?;
    Ok(StatusCode::NO_CONTENT)
}
