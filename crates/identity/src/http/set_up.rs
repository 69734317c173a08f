//! `/auth/setup`

use std::sync::Arc;

use axum::extract::State;
use garde::Validate;
use http::StatusCode;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use web::{Json, Problem, ProblemBody};

use crate::{Identity, SetUp, password};

#[derive(Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SetUpRequest {
    /// What stands after the `#` of the link that the start printed.
    #[garde(skip)]
    #[schema(value_type = String, example = "3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    token: SecretString,
    #[garde(length(max = 1024))]
    #[schema(format = "email", example = "ann@example.com")]
    email: String,
    /// Of somebody who has an account already: theirs.
    #[garde(custom(|password: &SecretString, (): &()| password::check(password, "").map_err(garde::Error::new)))]
    #[schema(value_type = String, format = "password", min_length = 8, max_length = 256, example = "a lighthouse of paper boats")]
    password: SecretString,
    #[garde(length(max = 200))]
    #[schema(example = "Ann")]
    name: Option<String>,
}

/// Make the first administrator
///
/// With the link that a start prints while the platform has no administrator; it works once, for a day. Makes an
/// account, or takes the one that has the address and the password. Log in with it afterwards.
#[utoipa::path(
    post, path = "/auth/setup", operation_id = "set_up", tag = "Authentication",
    security(()), request_body = SetUpRequest,
    responses(
        (status = 204, description = "There is an administrator now."),
        (status = 401, description = "The address has an account with another password.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 410, description = "The link was used, has expired, or there is an administrator.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A field is not valid.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "Too many requests from this address.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn set_up(
    State(identity): State<Arc<Identity>>,
    Json(body): Json<SetUpRequest>,
) -> Result<StatusCode, Problem> {
    let token = body.token.expose_secret().to_owned();
    identity.set_up(SetUp { token, email: body.email, password: body.password, name: body.name }).await?;
    Ok(StatusCode::NO_CONTENT)
}
