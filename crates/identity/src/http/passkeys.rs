//! `/auth/passkeys`

use std::sync::Arc;

use axum::{extract::State, response::IntoResponse};
use garde::Validate;
use http::StatusCode;
use kernel::{Page, PasskeyId};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use web::{Json, PageQuery, Path, Person, Problem, ProblemBody, Query, Recent};

use super::NO_STORE;
use crate::{Ceremony, Identity, PasskeyAnswer, PasskeyInfo};

/// List the caller's passkeys
///
/// The newest first.
#[utoipa::path(
    get, path = "/auth/passkeys", operation_id = "list_passkeys", tag = "Authentication",
    security(("bearer" = [])), params(PageQuery),
    responses(
        (status = 200, description = "A page of passkeys.", body = Page<PasskeyInfo>),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "An API key calls.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list(
    State(identity): State<Arc<Identity>>,
    caller: Person,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<PasskeyInfo>>, Problem> {
    let before: Option<PasskeyId> = page.after()?;
    let rows = identity.passkeys(caller.user, before, page.limit() + 1).await?;
    let limit = usize::try_from(page.limit()).unwrap_or(usize::MAX);
    Ok(Json(Page::from_overfetch(rows, limit, |last| web::cursor::encode(&last.id))))
}

/// Begin to add a passkey
///
/// Options for `navigator.credentials.create`.
#[utoipa::path(
    post, path = "/auth/passkeys/begin", operation_id = "begin_passkey", tag = "Authentication",
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The options.", body = Ceremony),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "An API key calls, or `step_up_required`.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "Passkeys don't work at this installation's address.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn begin(
    State(identity): State<Arc<Identity>>,
    caller: Person,
    _: Recent,
) -> Result<impl IntoResponse, Problem> {
    Ok((NO_STORE, Json(identity.begin_passkey(caller.user).await?)))
}

#[derive(Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AddPasskeyRequest {
    #[garde(length(max = 400))]
    #[schema(min_length = 1, max_length = 80, example = "Ann's laptop")]
    name: String,
    /// Of the options that it was made with.
    #[garde(skip)]
    #[schema(value_type = String, example = "3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    ceremony: SecretString,
    /// `PublicKeyCredential.toJSON()`.
    #[garde(skip)]
    #[schema(value_type = std::collections::BTreeMap<String, Value>)]
    credential: Value,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct AddPasskeyResponse {
    passkey: PasskeyInfo,
    /// For whoever had no second factor before, shown this one time; null: those they have stay.
    #[schema(required, example = json!(["4k7m-q2vx-9d3h-w8np"]))]
    recovery_codes: Option<Vec<String>>,
}

/// Add a passkey
///
/// It signs in without a password, and is a second factor beside it: from now on a login by password asks for one.
#[utoipa::path(
    post, path = "/auth/passkeys", operation_id = "add_passkey", tag = "Authentication",
    security(("bearer" = [])), request_body = AddPasskeyRequest,
    responses(
        (status = 201, description = "Added.", body = AddPasskeyResponse),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "An API key calls.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The account has as many as it may.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 410, description = "It took too long, or these options were used; begin again.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A field is not valid; `passkey_refused`: the passkey was not accepted.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn add(
    State(identity): State<Arc<Identity>>,
    caller: Person,
    Json(body): Json<AddPasskeyRequest>,
) -> Result<impl IntoResponse, Problem> {
    let answer = PasskeyAnswer { ceremony: body.ceremony, credential: body.credential };
    let added = identity.add_passkey(caller.user, &body.name, &answer).await?;
    let recovery_codes = added.codes.map(|codes| codes.recovery_codes);
    Ok((StatusCode::CREATED, NO_STORE, Json(AddPasskeyResponse { passkey: added.passkey, recovery_codes })))
}

#[derive(Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UpdatePasskeyRequest {
    #[garde(length(max = 400))]
    #[schema(min_length = 1, max_length = 80, example = "Ann's laptop")]
    name: String,
}

/// Rename a passkey
#[utoipa::path(
    patch, path = "/auth/passkeys/{id}", operation_id = "update_passkey", tag = "Authentication",
    security(("bearer" = [])), params(("id" = PasskeyId, Path, description = "The passkey's id.")),
    request_body = UpdatePasskeyRequest,
    responses(
        (status = 200, description = "The passkey as it is now.", body = PasskeyInfo),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "An API key calls.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "The caller has no such passkey.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A field is not valid.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn update(
    State(identity): State<Arc<Identity>>,
    caller: Person,
    Path(id): Path<PasskeyId>,
    Json(body): Json<UpdatePasskeyRequest>,
) -> Result<Json<PasskeyInfo>, Problem> {
    Ok(Json(identity.rename_passkey(caller.user, id, &body.name).await?))
}

/// Remove a passkey
///
/// It opens nothing from now on. The device keeps it until its person deletes it there.
#[utoipa::path(
    delete, path = "/auth/passkeys/{id}", operation_id = "remove_passkey", tag = "Authentication",
    security(("bearer" = [])), params(("id" = PasskeyId, Path, description = "The passkey's id.")),
    responses(
        (status = 204, description = "Removed."),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "An API key calls, or `step_up_required`.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "The caller has no such passkey.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn remove(
    State(identity): State<Arc<Identity>>,
    caller: Person,
    _: Recent,
    Path(id): Path<PasskeyId>,
) -> Result<StatusCode, Problem> {
    identity.remove_passkey(caller.user, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
