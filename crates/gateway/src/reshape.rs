//! Errors that were made outside of the fronts, in the fronts' shapes.
//!
//! A limit on addresses, an address that is not there or a method that is not taken speak
//! [problems](web::Problem); the SDKs do not read those.

use std::time::Duration;

use axum::{
    extract::Request,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use http_body_util::BodyExt as _;
use serde_json::Value;

use crate::{
    anthropic, body, openai,
    refusal::{Reason, Refusal},
};

/// Longer ones are none of ours.
const LONGEST: usize = 64 * 1024;

/// Goes around everything under `/v1`.
pub async fn reshape<F: Future<Output = Response>>(request: Request, next: impl FnOnce(Request) -> F) -> Response {
    let speaks_anthropic =
        request.uri().path().starts_with("/v1/messages") || request.headers().contains_key("anthropic-version");
    let request_id = body::request_id(request.extensions());
    let response = next(request).await;
    let status = response.status();
    let ours = response.headers().get(header::CONTENT_TYPE).is_some_and(|value| value == "application/json");
    if ours || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let (parts, body) = response.into_parts();
    let refusal = read(status, &parts.headers, body).await;
    let reshaped = if speaks_anthropic {
        anthropic::error::respond(&refusal, &request_id)
    } else {
        openai::error::respond(&refusal, &request_id)
    };
    let mut reshaped = reshaped;
    for (name, value) in &parts.headers {
        if !reshaped.headers().contains_key(name) && *name != header::CONTENT_LENGTH {
            reshaped.headers_mut().append(name, value.clone());
        }
    }
    *reshaped.status_mut() = status;
    reshaped
}

async fn read(status: StatusCode, headers: &HeaderMap, body: axum::body::Body) -> Refusal {
    let bytes = http_body_util::Limited::new(body, LONGEST).collect().await.map(http_body_util::Collected::to_bytes);
    let problem: Value = bytes.ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
    let reason = match status.as_u16() {
        401 => Reason::Unauthenticated,
        403 => Reason::Forbidden,
        404 => Reason::NotFound,
        405 => Reason::Method,
        413 => Reason::TooLarge,
        429 => Reason::RateLimited,
        400..=499 => Reason::Malformed,
        503 => Reason::Unavailable,
        _ => Reason::Internal,
    };
    let message = problem["detail"].as_str().or(problem["title"].as_str()).map_or_else(
        || match reason {
            Reason::NotFound => "There is no such address here. The API reference is at /api/docs.".to_owned(),
            Reason::Method => "This address does not take that method.".to_owned(),
            _ => status.canonical_reason().unwrap_or("The request failed.").to_owned(),
        },
        str::to_owned,
    );
    let wait = headers.get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    Refusal { retry_after: wait.map(Duration::from_secs), ..Refusal::new(reason, message) }
}

/// An error response of either front.
pub(crate) fn error(status: StatusCode, refusal: &Refusal, body: &Value) -> Response {
    let mut response = (status, body.to_string()).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    if refusal.reason == Reason::Quota {
        // A word of the official SDKs, which would else try a 429 again at once.
        headers.insert("x-should-retry", HeaderValue::from_static("false"));
    }
    if let Some(after) = refusal.retry_after {
        let seconds = after.as_secs() + u64::from(after.subsec_nanos() > 0);
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)));
    }
    response
}
