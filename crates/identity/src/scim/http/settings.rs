//! `/sso/scim`: a workspace lets its directory in.

use std::sync::Arc;

use axum::extract::State;
use axum::response::IntoResponse;
use contracts::tenancy::can;
use http::StatusCode;
use kernel::Code;
use secrecy::ExposeSecret as _;
use serde::Serialize;
use web::{Allowed, Json, Problem, ProblemBody, Recent};

use crate::{Identity, http::NO_STORE, scim::ScimSettings};

/// A new token, which is shown once.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct CreatedScimToken {
    #[schema(example = "scim-parl-3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    secret: String,
    settings: ScimSettings,
}

/// Get provisioning
///
/// How the workspace's directory is let in. Its token is never shown again.
#[utoipa::path(
    get, path = "/sso/scim", operation_id = "get_scim", tag = "Single sign-on",
    security(("bearer" = ["sso.manage"])),
    responses(
        (status = 200, description = "What is set.", body = ScimSettings),
        (status = 401, description = "Not signed in.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn get(
    State(identity): State<Arc<Identity>>,
    caller: Allowed<can::ManageSso>,
) -> Result<Json<ScimSettings>, Problem> {
    Ok(Json(identity.scim_settings(&caller.scope).await?))
}

/// Make a provisioning token
///
/// For the workspace's directory. It is shown once; a token that there was before is void from now on.
#[utoipa::path(
    post, path = "/sso/scim/token", operation_id = "create_scim_token", tag = "Single sign-on",
    security(("bearer" = ["sso.manage"])),
    responses(
        (status = 201, description = "The token.", body = CreatedScimToken),
        (status = 401, description = "Not signed in.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it or all that the directory may do, or `step_up_required`.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn create_token(
    State(identity): State<Arc<Identity>>,
    caller: Allowed<can::ManageSso>,
    _: Recent,
) -> Result<impl IntoResponse, Problem> {
    let secret = identity.create_scim_token(&caller.scope, caller.permissions).await?;
    let settings = identity.scim_settings(&caller.scope).await?;
    let made = CreatedScimToken { secret: secret.expose_secret().to_owned(), settings };
    Ok((StatusCode::CREATED, NO_STORE, Json(made)))
}

/// Turn provisioning off
///
/// The token is void. Members and groups stay as they are.
#[utoipa::path(
    delete, path = "/sso/scim", operation_id = "delete_scim", tag = "Single sign-on",
    security(("bearer" = ["sso.manage"])),
    responses(
        (status = 204, description = "No directory is let in any more."),
        (status = 401, description = "Not signed in.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it, or `step_up_required`.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "None was.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn delete(
    State(identity): State<Arc<Identity>>,
    caller: Allowed<can::ManageSso>,
    _: Recent,
) -> Result<StatusCode, Problem> {
    if !identity.delete_scim(&caller.scope).await? {
        return Err(Problem::new(Code::NotFound).detail("Provisioning is not on."));
    }
    Ok(StatusCode::NO_CONTENT)
}
