//! The web app and the API reference, embedded in the binary.

use axum::{Router, http::StatusCode};
use memory_serve::{CacheControl, MemoryServe};

/// The single-page app: every address that is not a file is the app's own to route.
pub fn app() -> Router {
    served(memory_serve::load!("app")).fallback(Some("/index.html")).fallback_status(StatusCode::OK).into_router()
}

/// The interactive reference of the API.
pub fn reference() -> Router {
    served(memory_serve::load!("reference")).into_router()
}

/// Names of built files hold a hash of their content, so they never change; pages do.
fn served(files: MemoryServe) -> MemoryServe {
    // Compression stays as it comes: a release build holds compressed files, a debug build
    // would compress all of them at each start, which takes it longer than a test may wait.
    files.html_cache_control(CacheControl::NoCache).cache_control(CacheControl::Medium)
}
