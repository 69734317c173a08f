//! Errors as OpenAI's clients read them: `{"error": {message, type, param, code}}`.

use axum::response::Response;
use http::StatusCode;
use serde_json::{Value, json};

use crate::refusal::{Reason, Refusal};

/// The type and the code of a reason, by OpenAI's own words where it has one.
const fn words(reason: Reason) -> (&'static str, Option<&'static str>) {
    const INVALID: &str = "invalid_request_error";
    match reason {
        Reason::Malformed => (INVALID, Some("invalid_value")),
        Reason::Missing => (INVALID, Some("missing_required_parameter")),
        Reason::Unsupported => (INVALID, Some("unsupported_parameter")),
        Reason::Refused => (INVALID, None),
        Reason::TooLarge => (INVALID, Some("request_too_large")),
        Reason::MediaType => (INVALID, Some("unsupported_media_type")),
        Reason::Unauthenticated => (INVALID, Some("invalid_api_key")),
        Reason::Forbidden => (INVALID, Some("insufficient_permissions")),
        Reason::ModelNotAllowed => (INVALID, Some("model_not_allowed")),
        Reason::UnknownModel => (INVALID, Some("model_not_found")),
        Reason::ModelUnavailable => (INVALID, Some("model_unavailable")),
        Reason::ModelUnpriced => (INVALID, Some("model_unpriced")),
        Reason::ContextTooLong => (INVALID, Some("context_length_exceeded")),
        Reason::ContentFilter => (INVALID, Some("content_filter")),
        Reason::Blocked => (INVALID, Some("content_blocked")),
        // A 429 of this type would be tried again by the SDKs; a 402 is not.
        Reason::Budget => ("insufficient_quota", Some("budget_exceeded")),
        Reason::Quota => ("insufficient_quota", Some("insufficient_quota")),
        Reason::RateLimited => ("rate_limit_error", Some("rate_limit_exceeded")),
        Reason::NotFound => (INVALID, Some("unknown_url")),
        Reason::Method => (INVALID, Some("method_not_allowed")),
        Reason::ProviderAuth => ("server_error", Some("provider_auth")),
        Reason::Overloaded => ("server_error", Some("provider_overloaded")),
        Reason::Timeout => ("server_error", Some("provider_timeout")),
        Reason::Failed => ("server_error", Some("provider_failed")),
        Reason::Unavailable => ("server_error", Some("unavailable")),
        Reason::Internal => ("server_error", None),
    }
}

/// The code alone.
pub(super) const fn code(reason: Reason) -> &'static str {
    match words(reason).1 {
        Some(code) => code,
        None => "server_error",
    }
}

pub(crate) fn body(refusal: &Refusal) -> Value {
    if let Some((_, body)) = &refusal.native
        && let Ok(body) = serde_json::from_slice::<Value>(body)
        && body["error"].is_object()
    {
        return body;
    }
    let (kind, code) = words(refusal.reason);
    json!({ "error": { "message": refusal.message, "type": kind, "param": refusal.param, "code": code } })
}

pub(crate) fn respond(refusal: &Refusal, _request_id: &str) -> Response {
    let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    crate::reshape::error(status, refusal, &body(refusal))
}

/// An error where a stream's next event would be.
pub(crate) fn event(refusal: &Refusal) -> Vec<u8> {
    format!("data: {}\n\n", body(refusal)).into_bytes()
}
