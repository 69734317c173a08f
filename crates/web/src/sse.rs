//! Server-sent events (WHATWG HTML, 9.2) from frames that are already encoded.

use std::{convert::Infallible, time::Duration};

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use http::{HeaderValue, header};
use tokio::time::{Instant, interval_at};

/// How often a silent stream says that it is alive, so that proxies keep it open.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
const COMMENT: Bytes = Bytes::from_static(b": keep-alive\n\n");

/// One event: `id` (if any) and one line of data.
pub fn frame(id: Option<&str>, data: &str) -> Bytes {
    let mut frame = Vec::with_capacity(data.len() + id.map_or(0, str::len) + 16);
    if let Some(id) = id {
        frame.extend_from_slice(b"id: ");
        frame.extend_from_slice(id.as_bytes());
        frame.push(b'\n');
    }
    for line in data.split('\n') {
        frame.extend_from_slice(b"data: ");
        frame.extend_from_slice(line.as_bytes());
        frame.push(b'\n');
    }
    frame.push(b'\n');
    frame.into()
}

/// A response that sends the frames as they come, with comments in between when silent.
/// It ends when the stream ends; dropping it drops the stream.
pub fn response(frames: impl Stream<Item = Bytes> + Send + 'static) -> Response {
    let keep_alive = stream::unfold(interval_at(Instant::now() + KEEP_ALIVE, KEEP_ALIVE), |mut interval| async {
        interval.tick().await;
        Some((None, interval))
    });
    let frames = frames.map(Some).chain(stream::once(async { Some(Bytes::new()) }));
    // An empty frame marks the end; until then comments fill the silence.
    let body = stream::select_with_strategy(frames, keep_alive, |(): &mut ()| stream::PollNext::Left)
        .map(|frame| frame.unwrap_or(COMMENT))
        .take_while(|frame| std::future::ready(!frame.is_empty()))
        .map(Ok::<_, Infallible>);
    let mut response = Body::from_stream(body).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store, no-transform"));
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;

    #[test]
    fn frames_follow_the_standard() {
        assert_eq!(frame(Some("7"), "a\nb"), "id: 7\ndata: a\ndata: b\n\n");
        assert_eq!(frame(None, ""), "data: \n\n");
    }

    #[tokio::test(start_paused = true)]
    async fn keeps_silent_streams_alive_and_ends_with_the_frames() {
        let frames = stream::once(async {
            tokio::time::sleep(Duration::from_secs(31)).await;
            frame(None, "late")
        });
        let body = response(frames).into_body().collect().await.unwrap().to_bytes();
        assert_eq!(body, ": keep-alive\n\n: keep-alive\n\ndata: late\n\n");
    }
}
