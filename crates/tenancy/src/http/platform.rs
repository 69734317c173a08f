//! `/platform/workspaces`: all tenants, for the administrators of the platform.

use axum::{extract::State, response::IntoResponse};
use garde::Validate;
use http::StatusCode;
use kernel::{Code, Page, Timestamp, UserId, WorkspaceId};
use serde::Deserialize;
use utoipa_axum::{router::OpenApiRouter, routes};
use web::{Json, PageQuery, Path, PlatformAdmin, Problem, ProblemBody, Query, Recent};

use super::{Api, check_name, members};
use crate::{DeletedWorkspace, Member, PlatformWorkspace, WorkspaceFilter, WorkspaceStatus, operations::MAX_REASON};

/// The endpoints, to be given their state.
pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(list, create))
        .routes(routes!(get, delete))
        .routes(routes!(suspend))
        .routes(routes!(resume))
        .routes(routes!(restore))
        .routes(routes!(list_members))
}

#[derive(Debug, Deserialize, Validate, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct WorkspacesQuery {
    /// Part of a name or of an owner's e-mail address, or an id.
    #[garde(length(max = 200))]
    q: Option<String>,
    #[garde(skip)]
    #[param(inline)]
    status: Option<WorkspaceStatus>,
    /// The id of a plan.
    #[garde(length(max = 100))]
    plan: Option<String>,
    /// Rows on a page, 1 to 100; 50 unless told.
    #[garde(range(min = 1, max = 100))]
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    #[garde(length(max = 1024))]
    cursor: Option<String>,
}

#[derive(Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct CreatePlatformWorkspaceRequest {
    #[garde(custom(|name: &str, (): &()| check_name(name)))]
    #[schema(min_length = 1, max_length = 80, example = "Acme Research")]
    name: String,
    /// The address of a user, who will own it.
    #[garde(length(max = 1024))]
    #[schema(format = "email", example = "ann@example.com")]
    owner_email: String,
}

#[derive(Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct SuspendWorkspaceRequest {
    /// Why; its owners read it.
    #[garde(custom(|reason: &str, (): &()| check_reason(reason)))]
    #[schema(min_length = 1, max_length = 500, example = "The last two invoices are unpaid.")]
    reason: String,
}

fn check_reason(value: &str) -> garde::Result {
    if value.trim().is_empty() {
        return Err(garde::Error::new("say why"));
    }
    if value.chars().count() > MAX_REASON {
        return Err(garde::Error::new(format!("must be at most {MAX_REASON} characters")));
    }
    Ok(())
}

/// An administrator who closed the workspace that they are in could do nothing more.
fn not_ones_own(admin: &PlatformAdmin, workspace: WorkspaceId) -> Result<(), Problem> {
    if admin.scope.workspace() == workspace {
        return Err(Problem::new(Code::Conflict)
            .detail("This is the workspace that you are in. Switch to another one of yours first."));
    }
    Ok(())
}

/// List all workspaces
///
/// Of all tenants, the newest first. For administrators of the platform; each call is noted for the audit.
#[utoipa::path(
    get, path = "/platform/workspaces", operation_id = "list_platform_workspaces", tag = "Platform",
    security(("bearer" = ["platform"])), params(WorkspacesQuery),
    responses(
        (status = 200, description = "A page of workspaces.", body = Page<PlatformWorkspace>),
        web::PlatformRefusals,
    )
)]
async fn list(
    State(api): State<Api>,
    _: PlatformAdmin,
    Query(query): Query<WorkspacesQuery>,
) -> Result<Json<Page<PlatformWorkspace>>, Problem> {
    let page = PageQuery { limit: query.limit, cursor: query.cursor };
    let filter = WorkspaceFilter { search: query.q, status: query.status, plan: query.plan, member: None };
    let before: Option<WorkspaceId> = page.after()?;
    let rows = api.tenancy.platform_workspaces(&filter, before, page.limit() + 1).await?;
    let limit = usize::try_from(page.limit()).unwrap_or(usize::MAX);
    Ok(Json(Page::from_overfetch(rows, limit, |last| web::cursor::encode(&last.id))))
}

/// Create a workspace for somebody
///
/// They own it. For administrators of the platform.
#[utoipa::path(
    post, path = "/platform/workspaces", operation_id = "create_platform_workspace", tag = "Platform",
    security(("bearer" = ["platform"])), request_body = CreatePlatformWorkspaceRequest,
    responses(
        (status = 201, description = "The new workspace.", body = PlatformWorkspace),
        web::PlatformRefusals,
        (status = 422, description = "The name is not valid, or nobody has the address.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn create(
    State(api): State<Api>,
    _: PlatformAdmin,
    Json(body): Json<CreatePlatformWorkspaceRequest>,
) -> Result<impl IntoResponse, Problem> {
    let owner = api.identity.user_by_email(body.owner_email.trim()).await?;
    let owner = owner.ok_or_else(|| Problem::field("owner_email", "unknown", "nobody has this address"))?;
    let made = api.tenancy.create_workspace(owner.id, body.name.trim()).await?;
    Ok((StatusCode::CREATED, Json(api.tenancy.platform_workspace(made.workspace).await?)))
}

/// One workspace
///
/// Whatever has become of it. For administrators of the platform.
#[utoipa::path(
    get, path = "/platform/workspaces/{id}", operation_id = "get_platform_workspace", tag = "Platform",
    security(("bearer" = ["platform"])), params(("id" = WorkspaceId, Path, description = "The workspace's id.")),
    responses(
        (status = 200, description = "The workspace.", body = PlatformWorkspace),
        web::PlatformRefusals,
        (status = 404, description = "No such workspace.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn get(
    State(api): State<Api>,
    _: PlatformAdmin,
    Path(id): Path<WorkspaceId>,
) -> Result<Json<PlatformWorkspace>, Problem> {
    Ok(Json(api.tenancy.platform_workspace(id).await?))
}

/// List the members of a workspace
///
/// In the order they joined. For administrators of the platform.
#[utoipa::path(
    get, path = "/platform/workspaces/{id}/members", operation_id = "list_platform_workspace_members", tag = "Platform",
    security(("bearer" = ["platform"])),
    params(("id" = WorkspaceId, Path, description = "The workspace's id."), PageQuery),
    responses(
        (status = 200, description = "A page of members.", body = Page<Member>),
        web::PlatformRefusals,
        (status = 404, description = "No such workspace.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn list_members(
    State(api): State<Api>,
    admin: PlatformAdmin,
    Path(id): Path<WorkspaceId>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<Member>>, Problem> {
    let after: Option<(Timestamp, UserId)> = page.after()?;
    api.tenancy.platform_workspace(id).await?;
    let rows = api.tenancy.members(&admin.within(id), after, page.limit() + 1).await?;
    members::page(&api, rows, &page).await
}

/// Suspend a workspace
///
/// It is closed at once: members and API keys get `403 workspace_suspended`, and answers under way end. Its
/// owners see the reason. For administrators of the platform.
#[utoipa::path(
    post, path = "/platform/workspaces/{id}/suspend", operation_id = "suspend_platform_workspace", tag = "Platform",
    security(("bearer" = ["platform"])), params(("id" = WorkspaceId, Path, description = "The workspace's id.")),
    request_body = SuspendWorkspaceRequest,
    responses(
        (status = 200, description = "The workspace as it is now.", body = PlatformWorkspace),
        web::PlatformRefusals,
        (status = 404, description = "No such workspace.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "It is suspended or deleted already, or the caller is in it.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "There is no reason, or it is too long.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn suspend(
    State(api): State<Api>,
    admin: PlatformAdmin,
    _: Recent,
    Path(id): Path<WorkspaceId>,
    Json(body): Json<SuspendWorkspaceRequest>,
) -> Result<Json<PlatformWorkspace>, Problem> {
    not_ones_own(&admin, id)?;
    let reason = body.reason.trim();
    Ok(Json(api.tenancy.suspend_workspace(id, reason).await?))
}

/// Resume a workspace
///
/// Opens a suspended one as it was. For administrators of the platform.
#[utoipa::path(
    post, path = "/platform/workspaces/{id}/resume", operation_id = "resume_platform_workspace", tag = "Platform",
    security(("bearer" = ["platform"])), params(("id" = WorkspaceId, Path, description = "The workspace's id.")),
    responses(
        (status = 200, description = "The workspace as it is now.", body = PlatformWorkspace),
        web::PlatformRefusals,
        (status = 404, description = "No such workspace.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "It is not suspended.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn resume(
    State(api): State<Api>,
    _: PlatformAdmin,
    Path(id): Path<WorkspaceId>,
) -> Result<Json<PlatformWorkspace>, Problem> {
    Ok(Json(api.tenancy.resume_workspace(id).await?))
}

/// Delete a workspace
///
/// Any, a personal one too. It is closed at once and can be restored until `purges_at`; then everything in it
/// is deleted for good. For administrators of the platform.
#[utoipa::path(
    delete, path = "/platform/workspaces/{id}", operation_id = "delete_platform_workspace", tag = "Platform",
    security(("bearer" = ["platform"])), params(("id" = WorkspaceId, Path, description = "The workspace's id.")),
    responses(
        (status = 200, description = "Until when it can be restored.", body = DeletedWorkspace),
        web::PlatformRefusals,
        (status = 404, description = "No such workspace.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "It is deleted already, or the caller is in it.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn delete(
    State(api): State<Api>,
    admin: PlatformAdmin,
    _: Recent,
    Path(id): Path<WorkspaceId>,
) -> Result<Json<DeletedWorkspace>, Problem> {
    not_ones_own(&admin, id)?;
    Ok(Json(api.tenancy.platform_delete_workspace(id).await?))
}

/// Restore any deleted workspace
///
/// As it was, within its grace. For administrators of the platform.
#[utoipa::path(
    post, path = "/platform/workspaces/{id}/restore", operation_id = "restore_platform_workspace", tag = "Platform",
    security(("bearer" = ["platform"])), params(("id" = WorkspaceId, Path, description = "The workspace's id.")),
    responses(
        (status = 200, description = "The workspace.", body = PlatformWorkspace),
        web::PlatformRefusals,
        (status = 404, description = "No such deleted workspace.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn restore(
    State(api): State<Api>,
    _: PlatformAdmin,
    Path(id): Path<WorkspaceId>,
) -> Result<Json<PlatformWorkspace>, Problem> {
    Ok(Json(api.tenancy.platform_restore_workspace(id).await?))
}
