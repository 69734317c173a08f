//! The endpoints of tenancy.

mod members;
mod workspaces;

use std::sync::Arc;

use contracts::Identity;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::Tenancy;

/// What the handlers share.
#[derive(Clone)]
struct Api {
    tenancy: Arc<Tenancy>,
    /// Knows the members' names.
    identity: Arc<dyn Identity>,
}

/// All endpoints of tenancy, without the `/api/v1` before their paths.
pub fn routes(tenancy: Arc<Tenancy>, identity: Arc<dyn Identity>) -> OpenApiRouter {
    OpenApiRouter::default()
        .routes(routes!(workspaces::list, workspaces::create))
        .routes(routes!(workspaces::get, workspaces::update))
        .routes(routes!(members::list))
        .routes(routes!(members::update, members::remove))
        .with_state(Api { tenancy, identity })
}
