//! The body of a request, and the id and headers that go with it.

use axum::{RequestExt, body::Body, extract::Request};
use bytes::Bytes;
use http::{Extensions, HeaderMap, StatusCode, header, request::Parts};
use web::RequestId;

use crate::{
    cache,
    refusal::{Reason, Refusal},
};

/// Reads the whole body, as far as the route's limit allows. Clients of these APIs send JSON;
/// a body without a type is taken for it.
pub(crate) async fn read(parts: &Parts, body: Body) -> Result<Bytes, Refusal> {
    let content_type = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if let Some(other) = content_type.filter(|value| !value.to_ascii_lowercase().contains("json")) {
        return Err(Refusal::new(
            Reason::MediaType,
            format!("Send the body as JSON, with the header `Content-Type: application/json`, not `{other}`."),
        ));
    }
    let mut request = Request::new(body);
    *request.headers_mut() = parts.headers.clone();
    // The route's limit travels in the extensions.
    request.extensions_mut().clone_from(&parts.extensions);
    request.extract::<Bytes, _>().await.map_err(|rejection| {
        if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
            Refusal::new(Reason::TooLarge, "The body is larger than 32 MB.")
        } else {
            Refusal::new(Reason::Malformed, "The body broke off before its end.")
        }
    })
}

pub(crate) fn request_id(extensions: &Extensions) -> String {
    extensions.get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default()
}

/// What a caller asks of the gateway itself, by headers.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Wishes {
    /// Only the model that was asked for.
    pub no_fallback: bool,
    /// A client that leaves ends the call, instead of it being read to its end.
    pub abort: bool,
    /// Whether the answer may be kept for the same question, and be one that was.
    pub cache: Option<cache::Wanted>,
}

impl Wishes {
    pub fn of(headers: &HeaderMap) -> Result<Self, Refusal> {
        Ok(Self {
            no_fallback: choice(headers, "x-parlance-fallback", "none", "any")?,
            abort: choice(headers, "x-parlance-on-disconnect", "abort", "finish")?,
            cache: cache::wanted(headers)?,
        })
    }
}

/// Whether the header says `yes`; it may also say `no`, or be absent.
fn choice(headers: &HeaderMap, name: &'static str, yes: &str, no: &str) -> Result<bool, Refusal> {
    let Some(value) = headers.get(name) else { return Ok(false) };
    match value.to_str().unwrap_or_default().trim() {
        value if value.eq_ignore_ascii_case(yes) => Ok(true),
        value if value.eq_ignore_ascii_case(no) => Ok(false),
        _ => Err(Refusal::malformed(name, format!("this header is `{yes}` or `{no}`"))),
    }
}
