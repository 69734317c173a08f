//! Probes for whoever runs the process.

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use kernel::Code;
use metrics_exporter_prometheus::PrometheusHandle;
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;
use web::Problem;

use crate::Platform;

/// `/healthz`: the process answers. `/readyz`: it can serve. `/metrics`: Prometheus text.
pub fn routes(platform: Platform, metrics: PrometheusHandle, metrics_token: Option<SecretString>) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready).with_state(platform))
        .route("/metrics", get(scrape).with_state((metrics, metrics_token)))
}

async fn ready(State(platform): State<Platform>) -> Response {
    if platform.tasks.shutdown().is_cancelled() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n").into_response();
    }
    match platform.db.ping().await {
        Ok(()) => "ready\n".into_response(),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n").into_response()
        }
    }
}

async fn scrape(
    State((metrics, token)): State<(PrometheusHandle, Option<SecretString>)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    if let Some(token) = token {
        let expected = format!("Bearer {}", token.expose_secret());
        let given = headers.get(header::AUTHORIZATION).map_or(&b""[..], |value| value.as_bytes());
        if !bool::from(given.ct_eq(expected.as_bytes())) {
            return Err(Problem::new(Code::Unauthenticated).detail("Send the metrics token as a bearer token."));
        }
    }
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], metrics.render()).into_response())
}
