//! What administrators of the platform see and set of a workspace's plan and use.

use axum::extract::State;
use garde::Validate;
use kernel::WorkspaceId;
use serde::{Deserialize, Serialize};
use web::{Json, Path, PlatformAdmin, Problem, ProblemBody};

use super::Service;
use crate::{PlanView, QuotaReport, ReportRequest, UsageGroup, UsageReport};

/// The plans of this installation.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct PlanList {
    data: Vec<PlanView>,
    /// The id of the plan that workspaces have which nobody has given another.
    #[schema(example = "free")]
    default: String,
}

/// What a workspace may use, and has used.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct PlatformUsage {
    #[serde(flatten)]
    quota: QuotaReport,
    /// The current month, by model.
    month: UsageReport,
}

#[derive(Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SetPlanRequest {
    /// The id of one of the installation's plans.
    #[garde(length(min = 1, max = 100))]
    #[schema(example = "team")]
    plan: String,
}

/// List the plans
///
/// As the operator has configured them. For administrators of the platform.
#[utoipa::path(
    get, path = "/platform/plans", operation_id = "list_platform_plans", tag = "Platform",
    security(("bearer" = ["platform"])),
    responses(
        (status = 200, description = "All plans, by id.", body = PlanList),
        web::PlatformRefusals,
    )
)]
pub(super) async fn list_plans(State(service): State<Service>, _: PlatformAdmin) -> Json<PlanList> {
    let (data, default) = service.metering.plans();
    Json(PlanList { data, default })
}

/// What a workspace uses
///
/// Its plan, what of the plan's quotas is used, and its cost in the current month. For administrators of the
/// platform.
#[utoipa::path(
    get, path = "/platform/workspaces/{id}/usage", operation_id = "get_platform_workspace_usage", tag = "Platform",
    security(("bearer" = ["platform"])), params(("id" = WorkspaceId, Path, description = "The workspace's id.")),
    responses(
        (status = 200, description = "Its plan and its use.", body = PlatformUsage),
        web::PlatformRefusals,
        (status = 404, description = "No such workspace.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn get_usage(
    State(service): State<Service>,
    admin: PlatformAdmin,
    Path(id): Path<WorkspaceId>,
) -> Result<Json<PlatformUsage>, Problem> {
    let scope = admin.within(id);
    let quota = service.metering.platform_quota(&scope).await?;
    let request = ReportRequest { only: None, from: None, to: None, group_by: UsageGroup::Model };
    let month = service.metering.report(&*service.identity, &scope, request).await?;
    Ok(Json(PlatformUsage { quota, month }))
}

/// Set a workspace's plan
///
/// From its next call on. What it has used in the current periods counts on. For administrators of the platform.
#[utoipa::path(
    put, path = "/platform/workspaces/{id}/plan", operation_id = "set_platform_workspace_plan", tag = "Platform",
    security(("bearer" = ["platform"])), params(("id" = WorkspaceId, Path, description = "The workspace's id.")),
    request_body = SetPlanRequest,
    responses(
        (status = 200, description = "The plan and its quotas.", body = QuotaReport),
        web::PlatformRefusals,
        (status = 404, description = "No such workspace.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "No such plan.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn set_plan(
    State(service): State<Service>,
    admin: PlatformAdmin,
    Path(id): Path<WorkspaceId>,
    Json(body): Json<SetPlanRequest>,
) -> Result<Json<QuotaReport>, Problem> {
    let scope = admin.within(id);
    service.metering.set_plan(&scope, &body.plan).await?;
    Ok(Json(service.metering.quota(&scope).await?))
}
