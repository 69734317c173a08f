//! `/auth/password`

use std::sync::Arc;

use axum::extract::State;
use garde::Validate;
use http::StatusCode;
use secrecy::SecretString;
use serde::Deserialize;
use web::{Client, Json, Person, Problem, ProblemBody};

use crate::{Identity, password};

#[derive(Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangePasswordRequest {
    /// Absent: a proof of the last ten minutes (`step_up`) does.
    #[garde(skip)]
    #[schema(value_type = Option<String>, format = "password", example = "correct horse battery staple")]
    current_password: Option<SecretString>,
    #[garde(custom(|password: &SecretString, (): &()| password::check(password, "").map_err(garde::Error::new)))]
    #[schema(value_type = String, format = "password", min_length = 8, max_length = 256, example = "a lighthouse of paper boats")]
    new_password: SecretString,
}

/// Change the password
///
/// All other sessions end. A wrong current password is a problem of the field `current_password`,
/// and counts as a failed login.
#[utoipa::path(
    post, path = "/auth/password", operation_id = "change_password", tag = "Authentication",
    security(("bearer" = [])), request_body = ChangePasswordRequest,
    responses(
        (status = 204, description = "Changed."),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "An API key calls, or `step_up_required`.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A field is not valid.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "Too many attempts; `Retry-After` says how long to wait.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn change(
    State(identity): State<Arc<Identity>>,
    caller: Person,
    client: Client,
    Json(body): Json<ChangePasswordRequest>,
) -> Result<StatusCode, Problem> {
    identity
        .change_password(caller.user, caller.session, client.ip, body.current_password.as_ref(), &body.new_password)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
