//! `/auth/identities`

use std::sync::Arc;

use axum::{extract::State, response::IntoResponse};
use garde::Validate;
use http::{HeaderMap, StatusCode};
use kernel::IdentityId;
use serde::Deserialize;
use web::{Json, Path, Person, Problem, ProblemBody, Recent};

use super::sign_in::{FederatedResponse, sent};
use crate::{
    Identity,
    federation::{Begin, ConnectedAccounts},
    http::cookie,
};

/// List connected accounts
///
/// The accounts elsewhere that the caller can sign in with.
#[utoipa::path(
    get, path = "/auth/identities", operation_id = "list_identities", tag = "Authentication",
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The caller's ways in.", body = ConnectedAccounts),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "An API key calls.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list(
    State(identity): State<Arc<Identity>>,
    caller: Person,
) -> Result<Json<ConnectedAccounts>, Problem> {
    Ok(Json(identity.connected_accounts(caller.user, &caller.scope).await?))
}

#[derive(Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ConnectRequest {
    /// One of the `providers` of the list.
    #[garde(length(max = 64))]
    #[schema(example = "google")]
    provider: String,
    /// Where to go on afterwards: a path of the web app. Anything else is the start page.
    #[garde(length(max = 1024))]
    #[schema(example = "/settings/security")]
    next: Option<String>,
}

/// Connect an account
///
/// Send the browser to `authorization_url`. Who they are there is added to the caller's account.
#[utoipa::path(
    post, path = "/auth/identities", operation_id = "connect_identity", tag = "Authentication",
    security(("bearer" = [])), request_body = ConnectRequest,
    responses(
        (status = 200, description = "Begun.", body = FederatedResponse, headers(("set-cookie" = String, description = "`parlance_sign_in`, HttpOnly, for ten minutes."))),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "An API key calls, or `step_up_required`.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such provider.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A field is not valid.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 424, description = "`identity_provider_failed`: the provider can't be reached.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn connect(
    State(identity): State<Arc<Identity>>,
    caller: Person,
    _: Recent,
    headers: HeaderMap,
    Json(body): Json<ConnectRequest>,
) -> Result<impl IntoResponse, Problem> {
    let link = Some((caller.user, caller.session));
    let browser = cookie::read_sign_in(&headers);
    let begin = Begin { provider: body.provider, next: body.next, link, browser };
    let begun = identity.begin_federated(begin).await?;
    Ok(sent(&identity, begun))
}

/// Disconnect an account
///
/// Nobody signs in with it any more; sessions go on. The last way into an account stays.
#[utoipa::path(
    delete, path = "/auth/identities/{id}", operation_id = "disconnect_identity", tag = "Authentication",
    security(("bearer" = [])), params(("id" = IdentityId, Path, description = "The connected account's id.")),
    responses(
        (status = 204, description = "Disconnected."),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "An API key calls, or `step_up_required`.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "The caller has no such connected account.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "`last_sign_in`: it is the caller's only way to sign in.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn disconnect(
    State(identity): State<Arc<Identity>>,
    caller: Person,
    _: Recent,
    Path(id): Path<IdentityId>,
) -> Result<StatusCode, Problem> {
    identity.disconnect_account(caller.user, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
