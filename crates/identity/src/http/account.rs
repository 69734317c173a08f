//! `/me`, its end, and its export

use std::sync::Arc;

use axum::{body::Body, extract::State, response::IntoResponse};
use http::{StatusCode, header};
use kernel::Timestamp;
use serde::Serialize;
use web::{Json, Person, Problem, ProblemBody, Recent};

use crate::Identity;

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct DeletedAccount {
    /// When what is personal is erased, unless that is taken back.
    erases_at: Timestamp,
}

/// Delete the caller's account
///
/// All other sessions end at once, and API keys are refused. For 14 days whoever logs in can take it back; then the
/// person's conversations, files, workspaces of their own and personal details are erased for good. The ledger keeps
/// what was used, under an id that names nobody. Whoever alone owns a workspace that others are in hands it on first.
#[utoipa::path(
    delete, path = "/me", operation_id = "delete_account", tag = "Profile",
    security(("bearer" = [])),
    responses(
        (status = 200, description = "Until when it can be taken back.", body = DeletedAccount),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "An API key calls, or `step_up_required`.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "`last_owner`: the workspaces that the detail names have no other owner; or it was asked for already.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn delete(
    State(identity): State<Arc<Identity>>,
    caller: Person,
    _: Recent,
) -> Result<Json<DeletedAccount>, Problem> {
    let erases_at = identity.delete_account(caller.user, caller.session).await?;
    Ok(Json(DeletedAccount { erases_at }))
}

/// Keep an account that was to be deleted
///
/// It is as it was; API keys work again.
#[utoipa::path(
    post, path = "/me/restore", operation_id = "restore_account", tag = "Profile",
    security(("bearer" = [])),
    responses(
        (status = 204, description = "It stays."),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "An API key calls.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Nobody has asked to delete it.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn restore(State(identity): State<Arc<Identity>>, caller: Person) -> Result<StatusCode, Problem> {
    identity.restore_account(caller.user).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Export the caller's data
///
/// One JSON document with everything that is kept of the person: profile, sessions, passkeys, API keys without their
/// secrets, memberships, conversations with all branches, and files in Base64. Over all workspaces.
#[utoipa::path(
    get, path = "/me/export", operation_id = "export_account", tag = "Profile",
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The document, as a download.", body = std::collections::BTreeMap<String, serde_json::Value>, headers(("content-disposition" = String, description = "`attachment`"))),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "An API key calls, or `step_up_required`.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn export(
    State(identity): State<Arc<Identity>>,
    caller: Person,
    _: Recent,
) -> Result<impl IntoResponse, Problem> {
    let export = identity.export(caller.user).await?;
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"parlance-export.json\""),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, Body::from_stream(export)))
}
