//! `/auth/signup`

use std::sync::Arc;

use axum::{extract::State, response::IntoResponse};
use garde::Validate;
use secrecy::SecretString;
use serde::Deserialize;
use web::{Json, Problem, ProblemBody};

use super::Accepted;
use crate::{Identity, Locale, SignUp, email, name, password};

#[derive(Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SignUpRequest {
    #[garde(custom(|email: &str, (): &()| email::check(email).map_err(garde::Error::new)))]
    #[schema(format = "email", max_length = 254, example = "ann@example.com")]
    email: String,
    #[garde(custom(|password: &SecretString, (): &()| password::check(password, &self.email).map_err(garde::Error::new)))]
    #[schema(value_type = String, format = "password", min_length = 8, max_length = 256, example = "correct horse battery staple")]
    password: SecretString,
    /// Absent: what stands before the `@`.
    #[garde(custom(|name: &Option<String>, (): &()| name.as_deref().map_or(Ok(()), name::check).map_err(garde::Error::new)))]
    #[schema(max_length = 80, example = "Ann")]
    name: Option<String>,
    #[garde(skip)]
    locale: Option<Locale>,
    /// What stands behind `/invite/` in the link of an invitation, for whoever was invited.
    #[garde(skip)]
    #[schema(value_type = Option<String>, example = "3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    invitation: Option<SecretString>,
    /// The solution of a challenge, after `proof_of_work_needed`: ALTCHA's payload, in Base64.
    #[garde(skip)]
    #[schema(max_length = 4096, example = "eyJjaGFsbGVuZ2UiOnt9LCJzb2x1dGlvbiI6e319")]
    proof_of_work: Option<String>,
}

/// Sign up
///
/// Makes a user with a personal workspace. The answer is the same whether or not the address
/// was taken; a letter to the address says which. Where addresses have to be proved
/// (`requires_verified_email` of the instance), its link opens the account.
#[utoipa::path(
    post, path = "/auth/signup", operation_id = "sign_up", tag = "Authentication",
    security(()), request_body = SignUpRequest,
    responses(
        (status = 202, description = "Accepted, whatever came of it.", body = Accepted),
        (status = 403, description = "Sign-up is closed here; `invitation_needed`: it is by invitation; `proof_of_work_needed`: send it again with the solution of the `challenge`.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A field is not valid.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "Too many requests from this address.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn sign_up(
    State(identity): State<Arc<Identity>>,
    Json(body): Json<SignUpRequest>,
) -> Result<impl IntoResponse, Problem> {
    let sign_up = SignUp {
        email: body.email,
        password: body.password,
        name: body.name,
        locale: body.locale,
        invitation: body.invitation,
        proof_of_work: body.proof_of_work,
    };
    identity.sign_up(sign_up).await?;
    Ok(Accepted::answer())
}
