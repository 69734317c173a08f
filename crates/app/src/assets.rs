//! The web app, the administration and the API reference, embedded in the binary and served from there: nothing
//! is unpacked or copied, so assets cost memory only while they are sent.

use axum::{
    Router,
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};

/// Where the build puts files whose names hold a hash of their content.
const HASHED: &str = "/assets/";

mod embedded {
    pub mod app {
        include!(concat!(env!("OUT_DIR"), "/app.rs"));
    }
    pub mod admin {
        include!(concat!(env!("OUT_DIR"), "/admin.rs"));
    }
    pub mod reference {
        include!(concat!(env!("OUT_DIR"), "/reference.rs"));
    }
}

/// The single-page app: every address that is not a file is the app's own to route.
pub fn app() -> Router {
    embedded::app::static_router().fallback_service(embedded::app::index()).layer(middleware::from_fn(caching))
}

/// The administration, likewise; under its own path.
pub fn admin() -> Router {
    embedded::admin::static_router().fallback_service(embedded::admin::index()).layer(middleware::from_fn(caching))
}

/// The administration's page alone, for an address outside of its path.
pub fn setup() -> Router {
    Router::new().fallback_service(embedded::admin::index()).layer(middleware::from_fn(caching))
}

/// The interactive reference of the API.
pub fn reference() -> Router {
    embedded::reference::static_router().layer(middleware::from_fn(caching))
}

/// A hashed name never changes what it means and is kept for ever; one that is gone (a tab
/// from before an update asks for it) is not the app's page. All else is asked for again.
async fn caching(request: Request, next: Next) -> Response {
    let is_hashed = request.uri().path().starts_with(HASHED);
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let is_page = headers.get(header::CONTENT_TYPE).is_some_and(|value| value.as_bytes().starts_with(b"text/html"));
    if is_hashed && is_page {
        return StatusCode::NOT_FOUND.into_response();
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-cache"));
    response
}
