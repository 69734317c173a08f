//! The endpoints of tenancy.

mod groups;
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

/// All endpoints of tenancy, without the `/api/v1` before their paths.
pub fn routes(tenancy: Arc<Tenancy>, identity: Arc<dyn Identity>) -> OpenApiRouter {
    OpenApiRouter::default()
        .routes(routes!(workspaces::list, workspaces::create))
        .routes(routes!(workspaces::get, workspaces::update))
        .routes(routes!(members::list))
        .routes(routes!(members::update, members::remove))
        .routes(routes!(groups::list, groups::create))
        .routes(routes!(groups::get, groups::update, groups::delete))
        .routes(routes!(groups::list_members))
        .routes(routes!(groups::add_member, groups::remove_member))
        .with_state(Api { tenancy, identity })
}
