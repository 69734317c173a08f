//! Everything nasty that a provider may do: each ends in a clear error in bounded time.

use std::time::Duration;

use contracts::{
    Providers as _,
    providers::{Chunk, FinishReason, ProviderErrorKind as Kind},
};
use futures_util::StreamExt as _;
use serde_json::json;
use testkit::fake::{ReplayServer, Script};
use tokio_util::sync::CancellationToken;

use crate::harness::{Outcome, ask, at, fixture, providers, run, scope};

const MODEL: &str = "compatible/model";
const HELLO: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"Hello\"}}]}\n\n";
/// Longer than every wait of the tests' configuration put together.
const FOREVER: Duration = Duration::from_secs(9);

fn stream() -> Script {
    Script::new(200).header("content-type", "text/event-stream")
}

async fn outcome(scripts: impl IntoIterator<Item = Script>) -> (Outcome, usize) {
    let server = ReplayServer::start(scripts).await;
    let providers = at("compatible", &server);
    let running = run(&providers, ask(MODEL, "Hello"));
    let outcome = tokio::time::timeout(FOREVER, running).await.expect("no stream is ever stuck");
    (outcome, server.requests().len())
}

#[tokio::test]
async fn acceptance_40_hang_before_the_first_byte_times_out_once() {
    let (outcome, requests) = outcome([Script::silence(), Script::silence()]).await;
    assert_eq!(outcome.error_kind, Some(Kind::Timeout));
    assert_eq!(outcome.error.as_deref(), Some("Compatible server did not answer in time. Try again."));
    assert_eq!(requests, 1, "who let us wait for nothing would do so again");
}

#[tokio::test]
async fn acceptance_40_hang_after_the_headers_or_in_mid_stream_times_out() {
    let (before, _) = outcome([stream().chunk(": hello\n\n").hang()]).await;
    assert_eq!((before.error_kind, before.text.as_str()), (Some(Kind::Timeout), ""));
    let (middle, _) = outcome([stream().chunk(HELLO).hang()]).await;
    assert_eq!((middle.error_kind, middle.text.as_str()), (Some(Kind::Timeout), "Hello"));
}

#[tokio::test]
async fn acceptance_40_comments_forever_are_no_answer() {
    let dripping = (0..40).fold(stream(), |script, _| script.chunk(": ping\n\n").pause(Duration::from_millis(200)));
    let (outcome, _) = outcome([dripping]).await;
    assert_eq!(outcome.error_kind, Some(Kind::Timeout));
}

#[tokio::test]
async fn acceptance_40_half_an_event_is_a_broken_stream() {
    let half = r#"data: {"choices":[{"delta":{"content":"wor"#;
    for script in [stream().chunk(HELLO).chunk(half).end(), stream().chunk(HELLO).chunk(half).reset()] {
        let (outcome, requests) = outcome([script]).await;
        assert_eq!(outcome.error_kind, Some(Kind::Protocol), "{outcome:?}");
        assert_eq!(outcome.text, "Hello");
        assert!(outcome.error.unwrap().contains("broke off"));
        assert_eq!(requests, 1, "acceptance 41: nothing is retried once a token was handed out");
    }
}

#[tokio::test]
async fn acceptance_40_utf8_is_whole_across_chunks() {
    let event = "data: {\"choices\":[{\"delta\":{\"content\":\"Việt 👋\"},\"finish_reason\":\"stop\"}]}\n\n";
    let script = event.as_bytes().iter().fold(stream(), |script, byte| script.chunk([*byte])).end();
    let (outcome, _) = outcome([script]).await;
    assert_eq!((outcome.text.as_str(), outcome.finish), ("Việt 👋", Some(FinishReason::Stop)));
}

#[tokio::test]
async fn acceptance_40_bytes_that_are_no_utf8_are_a_protocol_error() {
    let (outcome, _) = outcome([stream().chunk(HELLO).chunk(b"data: \"\xff\xfe\"\n\n").end()]).await;
    assert_eq!(outcome.error_kind, Some(Kind::Protocol));
    assert!(outcome.error.unwrap().contains("UTF-8"));
}

#[tokio::test]
async fn acceptance_40_broken_json_and_no_events_are_protocol_errors() {
    for bad in ["data: {\"choices\": [\n\n", "data: hello\n\n", "<html>sorry</html>\n\n"] {
        let (outcome, _) = outcome([stream().chunk(HELLO).chunk(bad).end()]).await;
        assert_eq!(outcome.error_kind, Some(Kind::Protocol), "{bad}");
    }
    let page = || Script::new(200).header("content-type", "text/html").body("<html>a login page</html>");
    let (outcome, requests) = outcome([page(), page(), page()]).await;
    assert_eq!((outcome.error_kind, requests), (Some(Kind::Protocol), 3));
}

#[tokio::test]
async fn acceptance_40_ten_megabytes_in_one_event_do_not_fill_the_memory() {
    let piece = "x".repeat(256 * 1024);
    let start = stream().chunk(HELLO).chunk("data: {\"choices\":[{\"delta\":{\"content\":\"");
    let (outcome, _) = outcome([(0..40).fold(start, |script, _| script.chunk(&piece)).end()]).await;
    assert_eq!((outcome.error_kind, outcome.text.as_str()), (Some(Kind::Protocol), "Hello"));
    assert!(outcome.error.unwrap().contains("too large"));
}

#[tokio::test]
async fn acceptance_40_429_is_retried_after_the_time_it_asks_for() {
    let limited = Script::new(429).header("retry-after-ms", "10").body("{}");
    let answer = Script::events([fixture("compatible/no_done.sse")]);
    let (outcome, requests) = outcome([limited, answer]).await;
    assert_eq!((outcome.text.as_str(), requests), ("Hello!", 2));
}

#[tokio::test]
async fn acceptance_40_429_with_a_long_retry_after_is_told_at_once() {
    let limited = Script::new(429).header("retry-after", "120").body(r#"{"error":{"message":"slow down"}}"#);
    let server = ReplayServer::start([limited]).await;
    let providers = at("compatible", &server);
    let answer = providers.stream(&scope(), ask(MODEL, "Hello"), CancellationToken::new()).await;
    let Err(error) = answer else { panic!("it is limited") };
    assert_eq!((error.kind, error.retry_after), (Kind::RateLimited, Some(Duration::from_secs(120))));
    assert_eq!(error.message, "Compatible server is limiting requests. Try again in 120 seconds.");
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn transient_failures_are_tried_three_times_and_others_once() {
    let failing = || Script::new(500).header("retry-after-ms", "1").body("oops");
    let (five_hundred, requests) = outcome([failing(), failing(), failing(), failing()]).await;
    assert_eq!((five_hundred.error_kind, requests), (Some(Kind::Failed), 3));
    let refused = || Script::json(400, r#"{"error":{"message":"bad image"}}"#);
    let (four_hundred, requests) = outcome([refused(), refused()]).await;
    assert_eq!((four_hundred.error_kind, requests), (Some(Kind::InvalidRequest), 1));
    assert_eq!(four_hundred.error.as_deref(), Some("Compatible server refused the request. It said: bad image"));
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = ReplayServer::start([Script::events([HELLO])]).await;
    let (outcome, _) = outcome([Script::new(307).header("location", elsewhere.url()).body("")]).await;
    assert_eq!(outcome.error_kind, Some(Kind::Failed), "{outcome:?}");
    assert!(elsewhere.requests().is_empty(), "the key went where it was not sent");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unreachable() {
    let server = ReplayServer::start([]).await;
    let url = server.url().to_owned();
    drop(server);
    let providers = providers(json!({ "compatible": { "base_url": url } }));
    let outcome = run(&providers, ask(MODEL, "Hello")).await;
    assert_eq!(outcome.error_kind, Some(Kind::Unreachable));
    assert!(outcome.error.unwrap().contains(&url));
}

#[tokio::test]
async fn acceptance_41_a_fallback_takes_over_before_the_first_token_only() {
    let answer = || Script::events([fixture("compatible/no_done.sse")]);
    let refused = || Script::json(401, r#"{"error":{"message":"no","code":"invalid_api_key"}}"#);
    let falling_back = |first: &ReplayServer, second: &ReplayServer| {
        providers(json!({
            "compatible": { "base_url": first.url() },
            "groq": { "base_url": second.url(), "api_key": "sk-test-key-1234" },
            "fallbacks": { MODEL: ["groq/openai/gpt-oss-20b"] },
        }))
    };
    let (first, second) = (ReplayServer::start([refused()]).await, ReplayServer::start([answer()]).await);
    let outcome = run(&falling_back(&first, &second), ask(MODEL, "Hello")).await;
    assert_eq!((outcome.text.as_str(), outcome.model.as_str()), ("Hello!", "groq/openai/gpt-oss-20b"));

    let broken = stream().chunk(HELLO).reset();
    let (first, second) = (ReplayServer::start([broken]).await, ReplayServer::start([answer()]).await);
    let outcome = run(&falling_back(&first, &second), ask(MODEL, "Hello")).await;
    assert_eq!((outcome.text.as_str(), outcome.model.as_str()), ("Hello", MODEL));
    assert_eq!(outcome.error_kind, Some(Kind::Protocol));
    assert!(second.requests().is_empty());

    let (first, second) = (ReplayServer::start([refused()]).await, ReplayServer::start([refused()]).await);
    let outcome = run(&falling_back(&first, &second), ask(MODEL, "Hello")).await;
    assert!(outcome.error.unwrap().starts_with("Compatible server refused the key."), "the first error is told");
}

#[tokio::test]
async fn acceptance_42_cancelling_closes_the_providers_stream_at_once() {
    let server = ReplayServer::start([stream().chunk(HELLO).hang()]).await;
    let cancel = CancellationToken::new();
    let providers = at("compatible", &server);
    let mut generation = providers.stream(&scope(), ask(MODEL, "Hello"), cancel.clone()).await.unwrap();
    assert_eq!(generation.chunks.next().await.unwrap().unwrap(), Chunk::Text("Hello".into()));
    cancel.cancel();
    assert_eq!(generation.chunks.next().await.unwrap().unwrap(), Chunk::Finish(FinishReason::Cancelled));
    // The stream is still held: cancelling alone closes the connection.
    server.wait_for_hang_ups(1).await;
    assert!(generation.chunks.next().await.is_none());
}

#[tokio::test]
async fn acceptance_42_dropping_closes_the_providers_stream() {
    let server = ReplayServer::start([stream().chunk(HELLO).hang()]).await;
    let providers = at("compatible", &server);
    let generation = providers.stream(&scope(), ask(MODEL, "Hello"), CancellationToken::new()).await.unwrap();
    drop(generation);
    server.wait_for_hang_ups(1).await;
}

#[tokio::test]
async fn acceptance_42_cancelling_before_the_answer_begins_ends_it_too() {
    let server = ReplayServer::start([Script::silence()]).await;
    let cancel = CancellationToken::new();
    let providers = at("compatible", &server);
    let asked = ask(MODEL, "Hello");
    let running = crate::harness::run_cancellable(&providers, asked, cancel.clone());
    let stopping = async {
        server.wait_for_requests(1).await;
        cancel.cancel();
    };
    let (outcome, ()) = tokio::join!(running, stopping);
    assert_eq!(outcome.finish, Some(FinishReason::Cancelled));
    server.wait_for_hang_ups(1).await;
}
