//! `/workspaces`: those of the caller; `/workspace`: the one their token is for.

use axum::{extract::State, response::IntoResponse};
use contracts::tenancy::{Workspace, can};
use garde::Validate;
use http::StatusCode;
use kernel::{Page, WorkspaceId};
use serde::Deserialize;
use web::{Allowed, Json, Member, PageQuery, Person, Problem, ProblemBody, Query};

use super::{Api, check_name};
use crate::Actor;

#[derive(Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CreateWorkspaceRequest {
    #[garde(custom(|name: &str, (): &()| check_name(name)))]
    #[schema(min_length = 1, max_length = 80, example = "Acme Research")]
    name: String,
}

#[derive(Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UpdateWorkspaceRequest {
    #[garde(custom(|name: &str, (): &()| check_name(name)))]
    #[schema(min_length = 1, max_length = 80, example = "Acme Research")]
    name: String,
}

/// List the caller's workspaces
///
/// The personal one first, then by name. To work in another one, renew the session for it.
#[utoipa::path(
    get, path = "/workspaces", operation_id = "list_workspaces", tag = "Workspaces",
    security(("bearer" = [])), params(PageQuery),
    responses(
        (status = 200, description = "A page of workspaces.", body = Page<Workspace>),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list(
    State(api): State<Api>,
    caller: Member,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<Workspace>>, Problem> {
    let after: Option<WorkspaceId> = page.after()?;
    let mut all = api.tenancy.workspaces_of(caller.user).await?;
    if caller.key.is_some() {
        // A key belongs to one workspace, and tells of no other.
        all.retain(|membership| membership.workspace == caller.scope.workspace());
    }
    let all = all.into_iter().map(Workspace::from).collect();
    Ok(Json(super::cut(all, after, &page, |workspace: &Workspace| workspace.id)))
}

/// Create a workspace
///
/// The caller owns it. The session stays in the current workspace until it is renewed for the new one.
#[utoipa::path(
    post, path = "/workspaces", operation_id = "create_workspace", tag = "Workspaces",
    security(("bearer" = [])), request_body = CreateWorkspaceRequest,
    responses(
        (status = 201, description = "The new workspace.", body = Workspace),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "An API key calls.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The name is not valid.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn create(
    State(api): State<Api>,
    caller: Person,
    Json(body): Json<CreateWorkspaceRequest>,
) -> Result<impl IntoResponse, Problem> {
    let membership = api.tenancy.create_workspace(caller.user, body.name.trim()).await?;
    Ok((StatusCode::CREATED, Json(Workspace::from(membership))))
}

/// The current workspace
///
/// The one that the access token is bound to.
#[utoipa::path(
    get, path = "/workspace", operation_id = "get_workspace", tag = "Workspaces",
    security(("bearer" = ["workspace.read"])),
    responses(
        (status = 200, description = "The workspace.", body = Workspace),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn get(
    State(api): State<Api>,
    caller: Allowed<can::ReadWorkspace>,
) -> Result<Json<Workspace>, Problem> {
    let actor = Actor { user: caller.user, scope: caller.scope };
    Ok(Json(api.tenancy.workspace(&actor).await?.into()))
}

/// Change the current workspace
#[utoipa::path(
    patch, path = "/workspace", operation_id = "update_workspace", tag = "Workspaces",
    security(("bearer" = ["workspace.manage"])), request_body = UpdateWorkspaceRequest,
    responses(
        (status = 200, description = "The workspace as it is now.", body = Workspace),
        (status = 401, description = "No valid access token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The name is not valid.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn update(
    State(api): State<Api>,
    caller: Allowed<can::ManageWorkspace>,
    Json(body): Json<UpdateWorkspaceRequest>,
) -> Result<Json<Workspace>, Problem> {
    let actor = Actor { user: caller.user, scope: caller.scope };
    let membership = api.tenancy.rename_workspace(&actor, body.name.trim()).await?;
    Ok(Json(membership.into()))
}
