//! The beginning of a workspace's end, and the way back: leave, hand on, delete, restore.

use axum::extract::State;
use contracts::tenancy::{Workspace, can};
use garde::Validate;
use http::StatusCode;
use kernel::{Page, UserId, WorkspaceId};
use serde::Deserialize;
use web::{Allowed, Json, PageQuery, Path, Person, Problem, ProblemBody, Query, Recent};

use super::Api;
use crate::{Actor, DeletedWorkspace};

#[derive(Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TransferWorkspaceRequest {
    /// A member, who becomes an owner.
    #[garde(skip)]
    user_id: UserId,
}

fn actor(person: &Person) -> Actor {
    Actor { user: person.user, scope: person.scope }
}

/// Leave the current workspace
///
/// The caller's access ends with their next request. The last owner can't leave, and nobody their
/// personal workspace.
#[utoipa::path(
    post, path = "/workspace/leave", operation_id = "leave_workspace", tag = "Workspaces",
    security(("bearer" = [])),
    responses(
        (status = 204, description = "The caller is no member any more."),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "An API key calls.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The workspace would have no owner, or it is personal.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn leave(State(api): State<Api>, caller: Person) -> Result<StatusCode, Problem> {
    api.tenancy.leave_workspace(&actor(&caller)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Hand on the current workspace
///
/// The member becomes an owner, and the caller an administrator.
#[utoipa::path(
    post, path = "/workspace/transfer", operation_id = "transfer_workspace", tag = "Workspaces",
    security(("bearer" = ["workspace.transfer"])), request_body = TransferWorkspaceRequest,
    responses(
        (status = 200, description = "The workspace as the caller sees it now.", body = Workspace),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it, or an API key calls.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such member here.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The workspace is personal.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "Not a user id.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn transfer(
    State(api): State<Api>,
    _: Allowed<can::TransferWorkspace>,
    caller: Person,
    Json(body): Json<TransferWorkspaceRequest>,
) -> Result<Json<Workspace>, Problem> {
    Ok(Json(api.tenancy.transfer_workspace(&actor(&caller), body.user_id).await?.into()))
}

/// Delete the current workspace
///
/// It is closed at once: members, keys and the compatible APIs get `403 workspace_deleted`. Its
/// owners can restore it until `purges_at`; then everything in it is deleted for good.
#[utoipa::path(
    delete, path = "/workspace", operation_id = "delete_workspace", tag = "Workspaces",
    security(("bearer" = ["workspace.delete"])),
    responses(
        (status = 200, description = "Until when it can be restored.", body = DeletedWorkspace),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it, an API key calls, or `step_up_required`.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The workspace is personal.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn delete(
    State(api): State<Api>,
    _: Allowed<can::DeleteWorkspace>,
    caller: Person,
    _: Recent,
) -> Result<Json<DeletedWorkspace>, Problem> {
    Ok(Json(api.tenancy.delete_workspace(&actor(&caller)).await?))
}

/// List deleted workspaces
///
/// Those that the caller owns and can restore, the last deleted first.
#[utoipa::path(
    get, path = "/workspaces/deleted", operation_id = "list_deleted_workspaces", tag = "Workspaces",
    security(("bearer" = [])), params(PageQuery),
    responses(
        (status = 200, description = "A page of deleted workspaces.", body = Page<DeletedWorkspace>),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "An API key calls.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list_deleted(
    State(api): State<Api>,
    caller: Person,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<DeletedWorkspace>>, Problem> {
    let after: Option<WorkspaceId> = page.after()?;
    let all = api.tenancy.deleted_workspaces(caller.user).await?;
    Ok(Json(super::cut(all, after, &page, |workspace| workspace.id)))
}

/// Restore a deleted workspace
///
/// It is as it was, for everybody. Owners only; to work in it, renew the session for it.
#[utoipa::path(
    post, path = "/workspaces/{id}/restore", operation_id = "restore_workspace", tag = "Workspaces",
    security(("bearer" = [])), params(("id" = WorkspaceId, Path, description = "The workspace's id.")),
    responses(
        (status = 200, description = "The workspace.", body = Workspace),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "An API key calls.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such deleted workspace of the caller's.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn restore(
    State(api): State<Api>,
    caller: Person,
    Path(id): Path<WorkspaceId>,
) -> Result<Json<Workspace>, Problem> {
    Ok(Json(api.tenancy.restore_workspace(caller.user, id).await?.into()))
}
