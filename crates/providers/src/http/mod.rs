//! The endpoints of the context.

mod connections;
mod health;
mod list_models;
mod routes;

use std::sync::Arc;

use serde::{Deserialize, Deserializer};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::Providers;

/// What reads models.
type Service = Arc<dyn contracts::Providers>;

/// The routes, to be nested under `/api/v1`.
pub fn routes(providers: Providers) -> OpenApiRouter {
    let models: Service = Arc::new(providers.clone());
    let routing = OpenApiRouter::new()
        .routes(routes!(routes::list_routes, routes::create_route))
        .routes(routes!(routes::get_route, routes::update_route, routes::delete_route))
        .routes(routes!(connections::list_connections, connections::create_connection))
        .routes(routes!(connections::get_connection, connections::update_connection, connections::delete_connection))
        .routes(routes!(connections::test_connection))
        .routes(routes!(health::get_provider_health))
        .with_state(providers);
    OpenApiRouter::new().routes(routes!(list_models::list_models)).with_state(models).merge(routing)
}

/// Tells null, which takes a value away, from an absent field, which leaves it.
#[allow(clippy::option_option, reason = "absent, null and a value are three things")]
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(deserializer).map(Some)
}

/// A line of text for people: not blank, at most 80 characters, no control characters.
fn check_line(value: &str) -> garde::Result {
    if value.trim().is_empty() {
        return Err(garde::Error::new("must not be empty"));
    }
    if value.chars().count() > 80 {
        return Err(garde::Error::new("must be at most 80 characters"));
    }
    check_plain(value)
}

/// No control characters, nor those that change the direction of the text around.
fn check_plain(value: &str) -> garde::Result {
    let is_control = |it: char| it.is_control() || matches!(it, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if value.chars().any(is_control) {
        return Err(garde::Error::new("must not contain control characters"));
    }
    Ok(())
}
