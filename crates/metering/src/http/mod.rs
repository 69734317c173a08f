//! The endpoints of the context.

mod budgets;
mod platform;
mod quota;
mod usage;

use std::sync::Arc;

use contracts::Identity;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::Metering;

/// What the handlers work with.
#[derive(Clone)]
struct Service {
    metering: Metering,
    /// Knows what users are called.
    identity: Arc<dyn Identity>,
}

/// The routes, to be nested under `/api/v1`.
pub fn routes(metering: Metering, identity: Arc<dyn Identity>) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(usage::get_usage))
        .routes(routes!(quota::get_quota))
        .routes(routes!(platform::list_plans))
        .routes(routes!(platform::get_usage))
        .routes(routes!(platform::set_plan))
        .routes(routes!(budgets::list, budgets::create))
        .routes(routes!(budgets::get, budgets::update, budgets::delete))
        .with_state(Service { metering, identity })
}
