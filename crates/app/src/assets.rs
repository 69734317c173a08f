//! The web app and the API reference, embedded in the binary.

use axum::{
    Router,
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use memory_serve::{CacheControl, MemoryServe};

/// Where the build puts files whose names hold a hash of their content.
const HASHED: &str = "/assets/";

/// The single-page app: every address that is not a file is the app's own to route.
pub fn app() -> Router {
    served(memory_serve::load!("app").fallback(Some("/index.html")).fallback_status(StatusCode::OK))
}

/// The interactive reference of the API.
pub fn reference() -> Router {
    served(memory_serve::load!("reference"))
}

fn served(files: MemoryServe) -> Router {
    // Compression stays as it comes: a release build holds compressed files, a debug build
    // would compress all of them at each start, which takes it longer than a test may wait.
    files
        .html_cache_control(CacheControl::NoCache)
        .cache_control(CacheControl::Medium)
        .into_router()
        .layer(middleware::from_fn(hashed))
}

/// A hashed name never changes what it means, so it may be kept for ever; one that is gone
/// (a tab from before an update asks for it) is not the app's page.
async fn hashed(request: Request, next: Next) -> Response {
    let is_hashed = request.uri().path().starts_with(HASHED);
    let mut response = next.run(request).await;
    if is_hashed {
        let headers = response.headers_mut();
        if headers.get(header::CONTENT_TYPE).is_some_and(|value| value.as_bytes().starts_with(b"text/html")) {
            return StatusCode::NOT_FOUND.into_response();
        }
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    }
    response
}
