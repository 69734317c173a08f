//! Compression of answers, except of streams.

use std::{convert::Infallible, future::ready};

use axum::{body::Body, extract::Request, middleware::Next, response::Response};
use http::header::{ACCEPT_ENCODING, CONTENT_TYPE};
use tower::{ServiceExt, service_fn};
use tower_http::compression::Compression;

/// Middleware that compresses what is worth it, as the client accepts it.
///
/// An event stream passes by: even where it does nothing, a compressor holds kilobytes of
/// state, and there may be thousands of open streams. So does a ZIP file, which is packed already.
pub async fn compress(request: Request, next: Next) -> Response {
    let mut wanted = Request::new(Body::empty());
    for value in request.headers().get_all(ACCEPT_ENCODING) {
        wanted.headers_mut().append(ACCEPT_ENCODING, value.clone());
    }
    let response = next.run(request).await;
    let passes = |kind: &[u8]| kind.starts_with(b"text/event-stream") || kind == b"application/zip";
    if response.headers().get(CONTENT_TYPE).is_some_and(|value| passes(value.as_bytes())) {
        return response;
    }
    let mut response = Some(response);
    let answer = service_fn(move |_: Request| ready(Ok::<_, Infallible>(response.take().unwrap_or_default())));
    let Ok(response) = Compression::new(answer).oneshot(wanted).await;
    response.map(Body::new)
}

#[cfg(test)]
mod tests {
    use axum::{Router, middleware::from_fn, routing::get};
    use http_body_util::BodyExt;

    use super::*;

    async fn encoding(content_type: &'static str, accepted: &str) -> (Option<String>, usize) {
        let answer = get(move || async move { ([(CONTENT_TYPE, content_type)], "a".repeat(10_000)) });
        let router = Router::new().route("/", answer).layer(from_fn(compress));
        let request = Request::get("/").header(ACCEPT_ENCODING, accepted).body(Body::empty()).unwrap();
        let response = router.oneshot(request).await.unwrap();
        let encoding = response.headers().get("content-encoding").map(|value| value.to_str().unwrap().to_owned());
        (encoding, response.into_body().collect().await.unwrap().to_bytes().len())
    }

    #[tokio::test]
    async fn compresses_answers_but_no_streams() {
        let (encoding_of_json, size) = encoding("application/json", "gzip, br").await;
        assert!(encoding_of_json.is_some_and(|encoding| encoding == "br" || encoding == "gzip"));
        assert!(size < 1000, "{size}");
        assert_eq!(encoding("application/json", "identity").await, (None, 10_000));
        assert_eq!(encoding("text/event-stream", "gzip, br").await, (None, 10_000));
        assert_eq!(encoding("application/zip", "gzip, br").await, (None, 10_000));
    }
}
