//! `/guardrails/decisions`.

use axum::extract::State;
use contracts::{guardrails::Action, tenancy::can};
use garde::Validate;
use kernel::Page;
use serde::Deserialize;
use web::{Allowed, Json, PageQuery, Problem, ProblemBody, Query};

use super::Service;
use crate::Recorded;

#[derive(Debug, Deserialize, Validate, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct DecisionsQuery {
    /// Only what was done so.
    #[garde(skip)]
    action: Option<Action>,
}

/// What guardrails decided
///
/// The newest first, for ninety days. Names rules and how often they found something, and
/// never holds the text.
#[utoipa::path(
    get, path = "/guardrails/decisions", operation_id = "list_guardrail_decisions", tag = "Guardrails",
    security(("bearer" = ["guardrails.manage"])), params(PageQuery, DecisionsQuery),
    responses(
        (status = 200, description = "A page of decisions.", body = Page<Recorded>),
        (status = 401, description = "Not signed in.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list(
    State(service): State<Service>,
    caller: Allowed<can::ManageGuardrails>,
    Query(page): Query<PageQuery>,
    Query(query): Query<DecisionsQuery>,
) -> Result<Json<Page<Recorded>>, Problem> {
    let (before, limit) = (page.after()?, page.limit());
    Ok(Json(service.guardrails.decisions(&caller.scope, query.action, before, limit).await?))
}
