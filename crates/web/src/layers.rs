//! The layers around every route, outermost first: request id, log and metrics, security
//! headers, panics, trusted proxies.

use std::time::Instant;

use axum::{
    Router,
    extract::{MatchedPath, Request, State},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use http::{HeaderName, HeaderValue, header};
use kernel::{Code, Env};
use tower_http::catch_panic::CatchPanicLayer;
use tracing::Instrument;

use crate::{
    Problem,
    client::{REQUEST_ID, RequestId, TrustedProxies},
};

const REQUEST_ID_HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// What the layers need to know.
#[derive(Clone)]
pub struct Settings {
    pub env: Env,
    pub trusted_proxies: usize,
    /// Whether browsers reach us by HTTPS: then they are told to insist on it.
    pub https: bool,
}

/// Wraps the whole application.
pub fn wrap(router: Router, settings: Settings) -> Router {
    router
        .layer(CatchPanicLayer::custom(|_| Problem::new(Code::Internal).into_response()))
        .layer(middleware::from_fn_with_state(settings.clone(), security_headers))
        .layer(middleware::from_fn_with_state(settings, observe))
}

/// Gives the request an id, logs it, counts and times it.
async fn observe(State(settings): State<Settings>, mut request: Request, next: Next) -> Response {
    let id = request
        .headers()
        .get(&REQUEST_ID_HEADER)
        .and_then(|value| value.to_str().ok())
        .filter(|id| is_sensible(id))
        .map_or_else(|| format!("req_{}", settings.env.uuid().simple()), str::to_owned);
    request.extensions_mut().insert(RequestId(id.clone()));
    request.extensions_mut().insert(TrustedProxies(settings.trusted_proxies));

    let method = request.method().clone();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "unmatched".to_owned(), |path| path.as_str().to_owned());
    let span = tracing::info_span!("request", request_id = %id, method = %method, route = %route);
    #[allow(clippy::disallowed_methods, reason = "a latency is measured, not decided on")]
    let started = Instant::now();
    let mut response = REQUEST_ID.scope(id.clone(), next.run(request).instrument(span.clone())).await;
    let elapsed = started.elapsed();

    let status = response.status();
    span.in_scope(|| {
        let latency_ms = elapsed.as_secs_f64() * 1000.0;
        if status.is_server_error() {
            tracing::warn!(status = status.as_u16(), latency_ms, "answered");
        } else if is_quiet(&route) {
            tracing::debug!(status = status.as_u16(), latency_ms, "answered");
        } else {
            tracing::info!(status = status.as_u16(), latency_ms, "answered");
        }
    });
    let labels = [("method", method.to_string()), ("route", route), ("status", status.as_u16().to_string())];
    metrics::counter!("parlance_http_requests_total", &labels).increment(1);
    metrics::histogram!("parlance_http_request_seconds", &labels).record(elapsed.as_secs_f64());

    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID_HEADER, value);
    }
    response
}

/// An id that is safe to log and to send back.
fn is_sensible(id: &str) -> bool {
    (8..=128).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte))
}

/// Probes and scrapes would drown the log.
fn is_quiet(route: &str) -> bool {
    matches!(route, "/healthz" | "/readyz" | "/metrics")
}

/// Headers by OWASP ASVS 5, V3.4. A route that needs another policy sets it itself.
async fn security_headers(State(settings): State<Settings>, request: Request, next: Next) -> Response {
    const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
         img-src 'self' blob: data:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; \
         object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    set(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY);
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::X_FRAME_OPTIONS, "DENY");
    set(header::REFERRER_POLICY, "no-referrer");
    set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    set(HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=(), payment=(), usb=()");
    if settings.https {
        set(header::STRICT_TRANSPORT_SECURITY, "max-age=63072000; includeSubDomains");
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::{body::Body, routing::get};
    use http_body_util::BodyExt;
    use tower::ServiceExt;

    fn app() -> Router {
        let router = Router::new().route("/fine", get(|| async { "fine" })).route("/panic", get(panics));
        wrap(router, Settings { env: Env::system(), trusted_proxies: 0, https: true })
    }

    async fn panics() -> &'static str {
        panic!("secret detail")
    }

    async fn ask(path: &str, id: Option<&str>) -> Response {
        let mut request = http::Request::get(path);
        if let Some(id) = id {
            request = request.header("x-request-id", id);
        }
        app().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
    }

    #[tokio::test]
    async fn every_answer_has_an_id_and_security_headers() {
        let response = ask("/fine", Some("caller-0001")).await;
        assert_eq!(response.headers()["x-request-id"], "caller-0001");
        assert_eq!(response.headers()["x-content-type-options"], "nosniff");
        assert!(response.headers().contains_key("strict-transport-security"));
        let response = ask("/fine", Some("<script>alert")).await;
        assert!(response.headers()["x-request-id"].to_str().unwrap().starts_with("req_"));
    }

    #[tokio::test]
    async fn a_panic_is_an_opaque_problem() {
        let response = ask("/panic", None).await;
        assert_eq!(response.status(), 500);
        let id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let text = String::from_utf8_lossy(&body);
        assert!(text.contains("\"internal\"") && !text.contains("secret detail"), "{text}");
        assert!(text.contains(&id), "the problem names its request");
    }
}
