//! `GET /usage`.

use axum::extract::State;
use contracts::tenancy::{Permission, can};
use garde::Validate;
use jiff::civil::Date;
use serde::Deserialize;
use web::{Allowed, Json, Problem, ProblemBody, Query};

use super::Service;
use crate::{ReportRequest, UsageGroup, UsageReport};

#[derive(Debug, Deserialize, Validate, utoipa::IntoParams)]
#[garde(allow_unvalidated)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct UsageQuery {
    /// The first day, UTC; the first of the month in which the range ends, unless told.
    #[param(value_type = Option<String>, format = Date, example = "2026-11-01")]
    from: Option<Date>,
    /// The last day, UTC, itself included; today, unless told.
    /// The range may have 366 days at the most.
    #[param(value_type = Option<String>, format = Date, example = "2026-11-21")]
    to: Option<Date>,
    /// What a row stands for.
    #[serde(default)]
    #[param(inline = false)]
    group_by: UsageGroup,
}

/// Usage and cost
///
/// Sums over the ledger by day, model, user or API key. A member sees their own use; with the
/// permission `usage.read_all`, the whole workspace's. The total is the exact sum of the rows.
#[utoipa::path(
    get, path = "/usage", operation_id = "get_usage", tag = "Usage",
    security(("bearer" = ["usage.read"])),
    params(UsageQuery),
    responses(
        (status = 200, description = "The report.", body = UsageReport),
        (status = 400, description = "A date or a group that is not one, or a range that is backwards or too long.",
            body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "Not signed in.",
            body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it.",
            body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn get_usage(
    State(service): State<Service>,
    caller: Allowed<can::ReadUsage>,
    Query(query): Query<UsageQuery>,
) -> Result<Json<UsageReport>, Problem> {
    let only = (!caller.permissions.contains(Permission::ReadAllUsage)).then_some(caller.user);
    let request = ReportRequest { only, from: query.from, to: query.to, group_by: query.group_by };
    let report = service.metering.report(service.identity.as_ref(), &caller.scope, request).await?;
    Ok(Json(report))
}
