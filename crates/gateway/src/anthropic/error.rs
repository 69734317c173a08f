//! Errors as Anthropic's clients read them: `{type: "error", error: {type, message}, request_id}`.

use axum::response::Response;
use http::StatusCode;
use serde_json::{Value, json};

use crate::refusal::{Reason, Refusal};

const fn kind(reason: Reason) -> &'static str {
    match reason {
        Reason::Unauthenticated => "authentication_error",
        Reason::Forbidden | Reason::ModelNotAllowed => "permission_error",
        Reason::UnknownModel | Reason::ModelUnavailable | Reason::NotFound => "not_found_error",
        Reason::Budget => "billing_error",
        Reason::TooLarge => "request_too_large",
        Reason::Quota | Reason::RateLimited => "rate_limit_error",
        Reason::Timeout => "timeout_error",
        Reason::Overloaded => "overloaded_error",
        Reason::ProviderAuth | Reason::Failed | Reason::Unavailable | Reason::Internal => "api_error",
        _ => "invalid_request_error",
    }
}

pub(crate) fn body(refusal: &Refusal, request_id: &str) -> Value {
    let own = refusal.native.as_ref().and_then(|(_, body)| serde_json::from_slice::<Value>(body).ok());
    let error = own
        .map(|mut body| body["error"].take())
        .filter(|error| error["type"].is_string() && error["message"].is_string())
        .unwrap_or_else(|| json!({ "type": kind(refusal.reason), "message": refusal.message }));
    json!({ "type": "error", "error": error, "request_id": request_id })
}

pub(crate) fn respond(refusal: &Refusal, request_id: &str) -> Response {
    let status = match refusal.reason {
        // Anthropic's own status for it, which its SDKs know.
        Reason::Overloaded => 529,
        _ => refusal.status(),
    };
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = crate::reshape::error(status, refusal, &body(refusal, request_id));
    // Their SDKs read the id under this name.
    if let Ok(value) = http::HeaderValue::from_str(request_id) {
        response.headers_mut().insert("request-id", value);
    }
    response
}

/// An error where a stream's next event would be.
pub(crate) fn event(refusal: &Refusal, request_id: &str) -> Vec<u8> {
    format!("event: error\ndata: {}\n\n", body(refusal, request_id)).into_bytes()
}
