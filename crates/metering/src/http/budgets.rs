//! `/budgets`: what may be spent, and what was.

use axum::{extract::State, response::IntoResponse};
use contracts::{
    metering::BudgetPeriod,
    tenancy::{Permission, can},
};
use garde::Validate;
use http::StatusCode;
use kernel::{BudgetId, NanoUsd, Page};
use serde::Deserialize;
use web::{Allowed, Json, PageQuery, Path, Problem, ProblemBody, Query};

use super::Service;
use crate::{Budget, BudgetChange, BudgetSubject, NewBudget, Sight};

/// The largest limit: a billion dollars.
const MAX_LIMIT: NanoUsd = NanoUsd::new(1_000_000_000_000_000_000);

/// A name of 1 to 80 characters, not all blank, without control characters.
fn check_name(value: &str) -> garde::Result {
    if value.trim().is_empty() {
        return Err(garde::Error::new("must not be empty"));
    }
    if value.chars().count() > 80 {
        return Err(garde::Error::new("must be at most 80 characters"));
    }
    // Also those that change the direction of the text around a name.
    let is_control = |it: char| it.is_control() || matches!(it, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if value.chars().any(is_control) {
        return Err(garde::Error::new("must not contain control characters"));
    }
    Ok(())
}

fn check_limit(limit: NanoUsd) -> garde::Result {
    if limit <= NanoUsd::ZERO {
        return Err(garde::Error::new("must be more than 0"));
    }
    if limit > MAX_LIMIT {
        return Err(garde::Error::new(format!("must be at most {MAX_LIMIT}")));
    }
    Ok(())
}

#[derive(Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "Team", "subject": {"kind": "workspace"}, "period": "month", "limit_usd": "50", "hard": true
}))]
pub(super) struct CreateBudgetRequest {
    #[garde(custom(|name: &str, (): &()| check_name(name)))]
    #[schema(min_length = 1, max_length = 80, example = "Team")]
    name: String,
    /// Whose spending it counts.
    #[garde(skip)]
    subject: BudgetSubject,
    /// Days and months are those of UTC; `total` counts all that was ever used.
    #[garde(skip)]
    period: BudgetPeriod,
    /// More than 0, with up to 9 decimals.
    #[garde(custom(|limit: &NanoUsd, (): &()| check_limit(*limit)))]
    limit_usd: NanoUsd,
    /// Whether to refuse what would pass the limit; else it only warns.
    #[garde(skip)]
    hard: bool,
}

/// Fields that are left out stay as they are. For another subject or period make another budget.
#[derive(Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"limit_usd": "75.50"}))]
pub(super) struct UpdateBudgetRequest {
    #[garde(inner(custom(|name: &str, (): &()| check_name(name))))]
    #[schema(min_length = 1, max_length = 80, example = "Team")]
    name: Option<String>,
    /// More than 0, with up to 9 decimals.
    #[garde(inner(custom(|limit: &NanoUsd, (): &()| check_limit(*limit))))]
    limit_usd: Option<NanoUsd>,
    /// Whether to refuse what would pass the limit; else it only warns.
    #[garde(skip)]
    hard: Option<bool>,
}

/// Who manages budgets sees all of them, others what concerns them.
fn sight(caller: &Allowed<can::ReadBudgets>) -> Sight {
    if caller.permissions.contains(Permission::ManageBudgets) { Sight::All } else { Sight::Own(caller.user) }
}

/// List budgets
///
/// The oldest first, each with what was spent in its current period. A member sees those over
/// the whole workspace, over themselves and over their groups; with the permission `budgets.manage`, all.
#[utoipa::path(
    get, path = "/budgets", operation_id = "list_budgets", tag = "Budgets",
    security(("bearer" = ["budgets.read"])), params(PageQuery),
    responses(
        (status = 200, description = "A page of budgets.", body = Page<Budget>),
        (status = 401, description = "Not signed in.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list(
    State(service): State<Service>,
    caller: Allowed<can::ReadBudgets>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<Budget>>, Problem> {
    let (after, sight) = (page.after()?, sight(&caller));
    Ok(Json(service.metering.budgets(&caller.scope, sight, after, page.limit()).await?))
}

/// Create a budget
///
/// It counts from the beginning of the current period, with what was used in it before. A hard
/// one refuses each call that could pass its limit, from the next call on, with
/// `402 budget_exceeded`. At 80, 90 and 100 % of the limit there is an event, once a period.
#[utoipa::path(
    post, path = "/budgets", operation_id = "create_budget", tag = "Budgets",
    security(("bearer" = ["budgets.manage"])), request_body = CreateBudgetRequest,
    responses(
        (status = 201, description = "The new budget.", body = Budget),
        (status = 401, description = "Not signed in.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The workspace has as many budgets as it can have.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A field is not valid.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn create(
    State(service): State<Service>,
    caller: Allowed<can::ManageBudgets>,
    Json(body): Json<CreateBudgetRequest>,
) -> Result<impl IntoResponse, Problem> {
    let CreateBudgetRequest { name, subject, period, limit_usd, hard } = body;
    let new = NewBudget { name: name.trim().to_owned(), subject, period, limit: limit_usd, hard };
    Ok((StatusCode::CREATED, Json(service.metering.create_budget(&caller.scope, new).await?)))
}

/// One budget
#[utoipa::path(
    get, path = "/budgets/{id}", operation_id = "get_budget", tag = "Budgets",
    security(("bearer" = ["budgets.read"])), params(("id" = BudgetId, Path, description = "The budget's id.")),
    responses(
        (status = 200, description = "The budget.", body = Budget),
        (status = 401, description = "Not signed in.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such budget here.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn get(
    State(service): State<Service>,
    caller: Allowed<can::ReadBudgets>,
    Path(id): Path<BudgetId>,
) -> Result<Json<Budget>, Problem> {
    Ok(Json(service.metering.budget(&caller.scope, sight(&caller), id).await?))
}

/// Change a budget
///
/// The new rules hold from the next call on.
#[utoipa::path(
    patch, path = "/budgets/{id}", operation_id = "update_budget", tag = "Budgets",
    security(("bearer" = ["budgets.manage"])), params(("id" = BudgetId, Path, description = "The budget's id.")),
    request_body = UpdateBudgetRequest,
    responses(
        (status = 200, description = "The budget as it is now.", body = Budget),
        (status = 401, description = "Not signed in.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such budget here.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A field is not valid.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn update(
    State(service): State<Service>,
    caller: Allowed<can::ManageBudgets>,
    Path(id): Path<BudgetId>,
    Json(body): Json<UpdateBudgetRequest>,
) -> Result<Json<Budget>, Problem> {
    let UpdateBudgetRequest { name, limit_usd, hard } = body;
    let change = BudgetChange { name: name.map(|name| name.trim().to_owned()), limit: limit_usd, hard };
    Ok(Json(service.metering.update_budget(&caller.scope, id, change).await?))
}

/// Delete a budget
///
/// What was used stays in the ledger.
#[utoipa::path(
    delete, path = "/budgets/{id}", operation_id = "delete_budget", tag = "Budgets",
    security(("bearer" = ["budgets.manage"])), params(("id" = BudgetId, Path, description = "The budget's id.")),
    responses(
        (status = 204, description = "It is gone."),
        (status = 401, description = "Not signed in.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such budget here.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn delete(
    State(service): State<Service>,
    caller: Allowed<can::ManageBudgets>,
    Path(id): Path<BudgetId>,
) -> Result<StatusCode, Problem> {
    service.metering.delete_budget(&caller.scope, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
