//! The endpoint of the context.

mod list_models;

use std::sync::Arc;

use utoipa_axum::{router::OpenApiRouter, routes};

/// What the handlers work with.
type Service = Arc<dyn contracts::Providers>;

/// The routes, to be nested under `/api/v1`.
pub fn routes(providers: Service) -> OpenApiRouter {
    OpenApiRouter::new().routes(routes!(list_models::list_models)).with_state(providers)
}
