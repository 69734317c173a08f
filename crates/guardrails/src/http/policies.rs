//! `/guardrails` and `/keys/{id}/guardrails`.

use axum::extract::State;
use contracts::tenancy::can;
use http::StatusCode;
use kernel::ApiKeyId;
use web::{Allowed, Json, Path, Problem, ProblemBody};

use super::Service;
use crate::{Policy, PolicyView, Subject};

/// The workspace's guardrails
///
/// Its policy, what the operator has set for all workspaces, and which keys have a policy of
/// their own.
#[utoipa::path(
    get, path = "/guardrails", operation_id = "get_guardrails", tag = "Guardrails",
    security(("bearer" = ["guardrails.manage"])),
    responses(
        (status = 200, description = "The policy and its floor.", body = PolicyView),
        (status = 401, description = "Not signed in.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn get(
    State(service): State<Service>,
    caller: Allowed<can::ManageGuardrails>,
) -> Result<Json<PolicyView>, Problem> {
    Ok(Json(service.guardrails.policy(&*service.keys, &caller.scope, Subject::Workspace).await?))
}

/// Set the workspace's guardrails
///
/// The policy as a whole: what is left out is off. It holds from the next call on, in the web
/// chat and in the compatible APIs, for everybody and with every key. Where the operator's
/// rules or those of a key are stricter, they hold.
#[utoipa::path(
    put, path = "/guardrails", operation_id = "set_guardrails", tag = "Guardrails",
    security(("bearer" = ["guardrails.manage"])), request_body = Policy,
    responses(
        (status = 200, description = "As it is now.", body = PolicyView),
        (status = 401, description = "Not signed in.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A field is not valid: a bad pattern is named, as `patterns[0].regex`.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn put(
    State(service): State<Service>,
    caller: Allowed<can::ManageGuardrails>,
    Json(policy): Json<Policy>,
) -> Result<Json<PolicyView>, Problem> {
    let change = (policy, caller.user);
    Ok(Json(service.guardrails.set_policy(&*service.keys, &caller.scope, Subject::Workspace, change).await?))
}

/// A key's guardrails
///
/// Its own policy, empty if it has none, and what holds without it.
#[utoipa::path(
    get, path = "/keys/{id}/guardrails", operation_id = "get_key_guardrails", tag = "Guardrails",
    security(("bearer" = ["guardrails.manage"])), params(("id" = ApiKeyId, Path, description = "The key's id.")),
    responses(
        (status = 200, description = "The policy and its floor.", body = PolicyView),
        (status = 401, description = "Not signed in.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such key here.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn get_of_key(
    State(service): State<Service>,
    caller: Allowed<can::ManageGuardrails>,
    Path(id): Path<ApiKeyId>,
) -> Result<Json<PolicyView>, Problem> {
    Ok(Json(service.guardrails.policy(&*service.keys, &caller.scope, Subject::Key(id)).await?))
}

/// Set a key's guardrails
///
/// They add to the workspace's: of the two the stricter one holds, rule by rule.
#[utoipa::path(
    put, path = "/keys/{id}/guardrails", operation_id = "set_key_guardrails", tag = "Guardrails",
    security(("bearer" = ["guardrails.manage"])), params(("id" = ApiKeyId, Path, description = "The key's id.")),
    request_body = Policy,
    responses(
        (status = 200, description = "As it is now.", body = PolicyView),
        (status = 401, description = "Not signed in.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such key here.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A field is not valid.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn put_of_key(
    State(service): State<Service>,
    caller: Allowed<can::ManageGuardrails>,
    Path(id): Path<ApiKeyId>,
    Json(policy): Json<Policy>,
) -> Result<Json<PolicyView>, Problem> {
    let change = (policy, caller.user);
    Ok(Json(service.guardrails.set_policy(&*service.keys, &caller.scope, Subject::Key(id), change).await?))
}

/// Remove a key's guardrails
///
/// The workspace's hold for it, as for every key.
#[utoipa::path(
    delete, path = "/keys/{id}/guardrails", operation_id = "delete_key_guardrails", tag = "Guardrails",
    security(("bearer" = ["guardrails.manage"])), params(("id" = ApiKeyId, Path, description = "The key's id.")),
    responses(
        (status = 204, description = "It has none of its own now."),
        (status = 401, description = "Not signed in.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such key here.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn delete_of_key(
    State(service): State<Service>,
    caller: Allowed<can::ManageGuardrails>,
    Path(id): Path<ApiKeyId>,
) -> Result<StatusCode, Problem> {
    service.guardrails.remove_policy(&*service.keys, &caller.scope, Subject::Key(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}
