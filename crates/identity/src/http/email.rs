//! `/auth/verify-email`, `/auth/email`

use std::sync::Arc;

use axum::{extract::State, response::IntoResponse};
use garde::Validate;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use web::{Client, Json, Person, Problem, ProblemBody};

use super::Accepted;
use crate::{Identity, Verified, email};

#[derive(Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct VerifyEmailRequest {
    /// What stands after the `#` of the letter's link.
    #[garde(skip)]
    #[schema(value_type = String, example = "3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    token: SecretString,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct VerifyEmailResponse {
    status: VerifiedStatus,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum VerifiedStatus {
    /// The account's address was proved.
    Verified,
    /// The account has the new address now.
    Changed,
}

/// Prove an address
///
/// Uses the link of a letter to an address, at sign-up or for a change. It works once. Whoever wants
/// the account goes on by logging in: a link signs nobody in.
#[utoipa::path(
    post, path = "/auth/verify-email", operation_id = "verify_email", tag = "Authentication",
    security(()), request_body = VerifyEmailRequest,
    responses(
        (status = 200, description = "Proved.", body = VerifyEmailResponse),
        (status = 410, description = "The link was used, has expired, or was replaced.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A field is not valid.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "Too many requests from this address.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn verify(
    State(identity): State<Arc<Identity>>,
    Json(body): Json<VerifyEmailRequest>,
) -> Result<Json<VerifyEmailResponse>, Problem> {
    let status = match identity.verify_email(body.token.expose_secret()).await? {
        Verified::Address => VerifiedStatus::Verified,
        Verified::Change => VerifiedStatus::Changed,
    };
    Ok(Json(VerifyEmailResponse { status }))
}

#[derive(Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AddressRequest {
    #[garde(custom(|email: &str, (): &()| email::check(email).map_err(garde::Error::new)))]
    #[schema(format = "email", max_length = 254, example = "ann@example.com")]
    pub email: String,
    /// The solution of a challenge, after `proof_of_work_needed`: ALTCHA's payload, in Base64.
    #[garde(skip)]
    #[schema(max_length = 4096, example = "eyJjaGFsbGVuZ2UiOnt9LCJzb2x1dGlvbiI6e319")]
    pub proof_of_work: Option<String>,
}

/// Send the proof of an address again
///
/// If the address has an account that waits for its proof, it gets another letter, a few in an hour at
/// the most. The answer is always the same.
#[utoipa::path(
    post, path = "/auth/verify-email/resend", operation_id = "resend_verification", tag = "Authentication",
    security(()), request_body = AddressRequest,
    responses(
        (status = 202, description = "Accepted, whatever came of it.", body = Accepted),
        (status = 403, description = "`proof_of_work_needed`: send it again with the solution of the `challenge`.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A field is not valid.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "Too many requests from this address.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn resend(
    State(identity): State<Arc<Identity>>,
    Json(body): Json<AddressRequest>,
) -> Result<impl IntoResponse, Problem> {
    identity.resend_verification(body.email, body.proof_of_work.as_deref()).await?;
    Ok(Accepted::answer())
}

#[derive(Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangeEmailRequest {
    /// The new address.
    #[garde(custom(|email: &str, (): &()| email::check(email).map_err(garde::Error::new)))]
    #[schema(format = "email", max_length = 254, example = "ann@example.org")]
    email: String,
    /// Absent: a proof of the last ten minutes (`step_up`) does.
    #[garde(skip)]
    #[schema(value_type = Option<String>, format = "password", example = "correct horse battery staple")]
    current_password: Option<SecretString>,
}

/// Change the address
///
/// Sends a link to the new address; once it is used, the account has that address and the old one gets a
/// letter that says so. The answer is the same whether or not the new address has an account. A wrong
/// password is a problem of the field `current_password`, and counts as a failed login.
#[utoipa::path(
    post, path = "/auth/email", operation_id = "change_email", tag = "Authentication",
    security(("bearer" = [])), request_body = ChangeEmailRequest,
    responses(
        (status = 202, description = "A link was sent, unless the address is taken.", body = Accepted),
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
    Json(body): Json<ChangeEmailRequest>,
) -> Result<impl IntoResponse, Problem> {
    identity.change_email(caller.user, caller.session, client.ip, body.current_password.as_ref(), &body.email).await?;
    Ok(Accepted::answer())
}
