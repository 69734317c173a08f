//! The endpoints of the context.

mod decisions;
mod policies;
mod trial;

use std::sync::Arc;

use contracts::{ApiKeys, Providers};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::Guardrails;

/// What the handlers work with.
#[derive(Clone)]
struct Service {
    guardrails: Guardrails,
    /// Knows which keys there are.
    keys: Arc<dyn ApiKeys>,
    /// Counts tokens.
    providers: Arc<dyn Providers>,
}

/// The routes, to be nested under `/api/v1`.
pub fn routes(guardrails: Guardrails, keys: Arc<dyn ApiKeys>, providers: Arc<dyn Providers>) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(policies::get, policies::put))
        .routes(routes!(policies::get_of_key, policies::put_of_key, policies::delete_of_key))
        .routes(routes!(trial::test))
        .routes(routes!(decisions::list))
        .with_state(Service { guardrails, keys, providers })
}
