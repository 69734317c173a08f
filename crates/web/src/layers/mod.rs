//! What is around every route, outermost first: request id, log and metrics, security
//! headers, panics, trusted proxies. One layer does it all: each costs every request the
//! copying of all that is within.

mod meters;

use std::{panic::AssertUnwindSafe, sync::Arc, time::Instant};

use axum::{
    Router,
    extract::{MatchedPath, Request, State},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use contracts::audit::Origin;
use futures_util::FutureExt as _;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use kernel::{Code, Env};
use meters::Meters;
use tracing::Instrument;

use crate::{
    Problem,
    client::{Client, REQUEST_ID, RequestId, TrustedProxies},
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
    router.layer(middleware::from_fn_with_state(Arc::new((settings, Meters::default())), around))
}

/// Gives the request an id, logs it, counts and times it; catches panics; secures the answer.
async fn around(State(shared): State<Arc<(Settings, Meters)>>, mut request: Request, next: Next) -> Response {
    let (settings, meters) = &*shared;
    let id = request
        .headers()
        .get(&REQUEST_ID_HEADER)
        .and_then(|value| value.to_str().ok())
        .filter(|id| is_sensible(id))
        .map_or_else(|| format!("req_{}", settings.env.uuid().simple()), str::to_owned);
    request.extensions_mut().insert(RequestId(id.clone()));
    request.extensions_mut().insert(TrustedProxies(settings.trusted_proxies));

    let client = Client::of(request.extensions(), request.headers());
    let origin = Origin::request(id.clone(), client.ip, client.user_agent);

    let method = request.method().clone();
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let route = matched.as_ref().map_or("unmatched", MatchedPath::as_str);
    let span = tracing::info_span!("request", request_id = %id, method = %method, route = %route);
    #[allow(clippy::disallowed_methods, reason = "a latency is measured, not decided on")]
    let started = Instant::now();
    let answering = async {
        let caught = AssertUnwindSafe(next.run(request)).catch_unwind().await;
        caught.unwrap_or_else(|_| Problem::new(Code::Internal).into_response())
    };
    let answering = origin.around(answering.instrument(span));
    let mut response = REQUEST_ID.scope(id.clone(), answering).await;
    let elapsed = started.elapsed();

    let status = response.status();
    // The span's fields once more, and not the span: writing it with the line would read what was
    // written of it before.
    macro_rules! answered {
        ($level:ident) => {
            tracing::$level!(
                parent: None, request_id = %id, %method, route, status = status.as_u16(),
                latency_ms = elapsed.as_secs_f64() * 1000.0, "answered"
            )
        };
    }
    if status.is_server_error() {
        answered!(warn);
    } else if is_quiet(route) {
        answered!(debug);
    } else {
        answered!(info);
    }
    meters.record(&method, route, status, elapsed);

    secure(settings, response.headers_mut());
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
fn secure(settings: &Settings, headers: &mut HeaderMap) {
    const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
         img-src 'self' blob: data:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; \
         object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
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
