//! `GET /quota`.

use axum::extract::State;
use contracts::tenancy::can;
use web::{Allowed, Json, Problem, ProblemBody};

use super::Service;
use crate::QuotaReport;

/// The plan and its quotas
///
/// The workspace's plan, and what of each of its quotas everybody together has used in the
/// current period.
#[utoipa::path(
    get, path = "/quota", operation_id = "get_quota", tag = "Usage",
    security(("bearer" = ["budgets.read"])),
    responses(
        (status = 200, description = "The plan and its quotas.", body = QuotaReport),
        (status = 401, description = "Not signed in.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn get_quota(
    State(service): State<Service>,
    caller: Allowed<can::ReadBudgets>,
) -> Result<Json<QuotaReport>, Problem> {
    Ok(Json(service.metering.quota(&caller.scope).await?))
}
