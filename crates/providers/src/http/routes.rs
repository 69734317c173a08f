//! `/routes`: model names of a workspace's own.

use axum::{extract::State, response::IntoResponse};
use contracts::tenancy::can;
use garde::Validate;
use http::StatusCode;
use kernel::{Page, RouteId};
use serde::Deserialize;
use web::{Allowed, Json, PageQuery, Path, Problem, ProblemBody, Query};

use super::check_plain;
use crate::{
    Providers,
    model::{NewRoute, Route, RouteChange, Strategy, Target},
};

/// Models of one route.
const TARGETS: usize = 20;

/// `[a-z0-9][a-z0-9._-]{0,63}`: no slash, so that no route looks like a model's id.
fn check_name(name: &str) -> garde::Result {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let fits = name.len() <= 64
        && name.bytes().next().is_some_and(plain)
        && name.bytes().all(|byte| plain(byte) || b"._-".contains(&byte));
    if fits {
        return Ok(());
    }
    Err(garde::Error::new(
        "must be 1 to 64 small letters, digits, dots, dashes and underscores, and begin with a letter or a digit",
    ))
}

fn check_targets(targets: &[Target]) -> garde::Result {
    if targets.is_empty() || targets.len() > TARGETS {
        return Err(garde::Error::new(format!("must name 1 to {TARGETS} models")));
    }
    for target in targets {
        if target.model.is_empty() || target.model.len() > 200 {
            return Err(garde::Error::new("each must name a model"));
        }
        if !(1..=1000).contains(&target.weight) {
            return Err(garde::Error::new("weights must be 1 to 1000"));
        }
        if target.when.is_some_and(|when| when.max_input_tokens == Some(0)) {
            return Err(garde::Error::new("`max_input_tokens` must be at least 1"));
        }
    }
    Ok(())
}

#[derive(Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "fast", "strategy": "ordered",
    "targets": [{"model": "openai/gpt-5.2"}, {"model": "anthropic/claude-haiku-4-5"}]
}))]
pub(super) struct CreateRouteRequest {
    /// What developers write as the model.
    #[garde(custom(|name: &str, (): &()| check_name(name)))]
    #[schema(min_length = 1, max_length = 64, pattern = "^[a-z0-9][a-z0-9._-]*$", example = "fast")]
    name: String,
    #[serde(default)]
    #[garde(length(chars, max = 500), custom(|text: &str, (): &()| check_plain(text)))]
    #[schema(max_length = 500)]
    description: String,
    #[garde(skip)]
    strategy: Strategy,
    #[garde(custom(|targets: &[Target], (): &()| check_targets(targets)))]
    #[schema(min_items = 1, max_items = 20)]
    targets: Vec<Target>,
    /// Whether a client that leaves ends the provider's answer.
    #[serde(default)]
    #[garde(skip)]
    abort_on_disconnect: bool,
}

/// Fields that are left out stay as they are.
#[derive(Debug, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"description": "Short answers"}))]
pub(super) struct UpdateRouteRequest {
    #[garde(inner(custom(|name: &str, (): &()| check_name(name))))]
    #[schema(min_length = 1, max_length = 64, pattern = "^[a-z0-9][a-z0-9._-]*$", example = "fast")]
    name: Option<String>,
    #[garde(inner(length(chars, max = 500), custom(|text: &str, (): &()| check_plain(text))))]
    #[schema(max_length = 500)]
    description: Option<String>,
    #[garde(skip)]
    strategy: Option<Strategy>,
    #[garde(inner(custom(|targets: &[Target], (): &()| check_targets(targets))))]
    #[schema(min_items = 1, max_items = 20)]
    targets: Option<Vec<Target>>,
    #[garde(skip)]
    abort_on_disconnect: Option<bool>,
}

/// List routes
///
/// By name.
#[utoipa::path(
    get, path = "/routes", operation_id = "list_routes", tag = "Routing",
    security(("bearer" = ["routes.read"])), params(PageQuery),
    responses(
        (status = 200, description = "A page of routes.", body = Page<Route>),
        (status = 401, description = "Not signed in.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list_routes(
    State(providers): State<Providers>,
    caller: Allowed<can::ReadRoutes>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<Route>>, Problem> {
    Ok(Json(providers.routes_of(&caller.scope, page.after()?, page.limit()).await?))
}

/// Create a route
///
/// From the next request on, its name can be used as a model in the compatible APIs. An ordered
/// route asks the first model that fits the request, a weighted one draws; if the model fails
/// before its first token, the others take over.
#[utoipa::path(
    post, path = "/routes", operation_id = "create_route", tag = "Routing",
    security(("bearer" = ["routes.manage"])), request_body = CreateRouteRequest,
    responses(
        (status = 201, description = "The new route.", body = Route),
        (status = 401, description = "Not signed in.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The name is taken, or there are as many routes as there can be.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A field is not valid.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn create_route(
    State(providers): State<Providers>,
    caller: Allowed<can::ManageRoutes>,
    Json(body): Json<CreateRouteRequest>,
) -> Result<impl IntoResponse, Problem> {
    let CreateRouteRequest { name, description, strategy, targets, abort_on_disconnect } = body;
    let new = NewRoute { name, description, strategy, targets, abort_on_disconnect };
    Ok((StatusCode::CREATED, Json(providers.create_route(&caller.scope, new).await?)))
}

/// One route
#[utoipa::path(
    get, path = "/routes/{id}", operation_id = "get_route", tag = "Routing",
    security(("bearer" = ["routes.read"])), params(("id" = RouteId, Path, description = "The route's id.")),
    responses(
        (status = 200, description = "The route.", body = Route),
        (status = 401, description = "Not signed in.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such route here.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn get_route(
    State(providers): State<Providers>,
    caller: Allowed<can::ReadRoutes>,
    Path(id): Path<RouteId>,
) -> Result<Json<Route>, Problem> {
    Ok(Json(providers.route(&caller.scope, id).await?))
}

/// Change a route
///
/// It holds from the next request on.
#[utoipa::path(
    patch, path = "/routes/{id}", operation_id = "update_route", tag = "Routing",
    security(("bearer" = ["routes.manage"])), params(("id" = RouteId, Path, description = "The route's id.")),
    request_body = UpdateRouteRequest,
    responses(
        (status = 200, description = "The route as it is now.", body = Route),
        (status = 401, description = "Not signed in.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such route here.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The name is taken.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A field is not valid.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn update_route(
    State(providers): State<Providers>,
    caller: Allowed<can::ManageRoutes>,
    Path(id): Path<RouteId>,
    Json(body): Json<UpdateRouteRequest>,
) -> Result<Json<Route>, Problem> {
    let UpdateRouteRequest { name, description, strategy, targets, abort_on_disconnect } = body;
    let change = RouteChange { name, description, strategy, targets, abort_on_disconnect };
    Ok(Json(providers.update_route(&caller.scope, id, change).await?))
}

/// Delete a route
#[utoipa::path(
    delete, path = "/routes/{id}", operation_id = "delete_route", tag = "Routing",
    security(("bearer" = ["routes.manage"])), params(("id" = RouteId, Path, description = "The route's id.")),
    responses(
        (status = 204, description = "It is gone."),
        (status = 401, description = "Not signed in.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such route here.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn delete_route(
    State(providers): State<Providers>,
    caller: Allowed<can::ManageRoutes>,
    Path(id): Path<RouteId>,
) -> Result<StatusCode, Problem> {
    providers.delete_route(&caller.scope, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
